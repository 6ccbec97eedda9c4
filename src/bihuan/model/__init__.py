"""Nouns and facts: what the rooms above speak of. Frozen, typed, no behaviour beyond reading themselves."""
