"""Writes the keys of packs into docs/packs.md, from the schema's own words: `python scripts/pack_keys.py`."""

import ast
import inspect
from pathlib import Path

import msgspec

from bihuan.pack import schema

PAGE = Path(__file__).parents[1] / "docs" / "packs.md"
MARK = "## Keys\n"
HEAD = "`Content` lists what may stand at the top of a file; `Manifest` is `pack.yaml`; `Place` and `Thing` are rows of CSV.\n"


def notes(kind: type) -> dict[str, str]:
    """The text under each field of a class, on one line."""
    (tree,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(tree, ast.ClassDef)
    out: dict[str, str] = {}
    name = ""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str) and name:
            out[name] = " ".join(node.value.value.split())
    return out


def section(kind: type[schema.Declared]) -> str:
    own = kind.__doc__ if "__doc__" in vars(kind) and kind.__doc__ else ""
    lines = [f"### {kind.__name__}", ""]
    if own:
        lines += [" ".join(own.split()), ""]
    lines += ["| key | |", "|---|---|"]
    said = notes(kind)
    for field in msgspec.structs.fields(kind):
        words = "; ".join(part for part in ("required" if field.required else "", said.get(field.name, "")) if part)
        lines.append(f"| `{field.encode_name}` | {words} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    kinds = [
        kind
        for name, kind in vars(schema).items()
        if isinstance(kind, type)
        and issubclass(kind, schema.Declared)
        and kind is not schema.Declared
        and kind.__name__ == name
    ]
    before = PAGE.read_text("utf-8").partition(MARK)[0]
    PAGE.write_text(before + MARK + HEAD + "\n" + "\n".join(section(kind) for kind in kinds), "utf-8")


if __name__ == "__main__":
    main()
