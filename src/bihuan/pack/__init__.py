"""Packs (场景包): fields of work declared as data; schema, loader, lint, scenario tests, versions."""
