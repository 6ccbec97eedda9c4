"""Division codes (区划代码) and grid codes (网格代码): what level a code is of, and under which code it lies.

6 digits: province 2, prefecture 2, county 2 (GB/T 2260). 9: with street or town 3 (GB/T 10114). 12: with community or village 3
(statistical code). 15: with grid cell 3 (GB/T 30428.1). Below its own level a code may be filled up with zeros.
"""

from dataclasses import dataclass

PARTS = {"province": 2, "prefecture": 2, "county": 2, "town": 3, "village": 3, "grid": 3}
LENGTHS = (6, 9, 12, 15)
_BELOW = {6: 9, 9: 12, 12: 15}
"""How long a code is that has one part more than such a stem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """A code that has been read. `level` is one of PARTS, `stem` the code without the zeros that fill it up."""

    code: str
    level: str
    stem: str

    def lies_in(self, other: "Division") -> bool:
        return len(self.stem) > len(other.stem) and self.stem.startswith(other.stem)


def is_next_below(code: str, above: Division) -> bool:
    """Whether digits are a code that `read_division` takes, and one that names just the next part after `above`.

    Nearly every code of a tree does; of others this knows nothing, and `read_division` says more.
    """
    stem = above.stem
    return len(code) == _BELOW.get(len(stem)) and code.startswith(stem) and code.count("0", len(stem)) < 3


def read_division(code: str) -> Division:
    """Raises ValueError with a sentence: signs that are no digits, another length, a level left out between two others.

    Only a county may be left out: some prefectures (441900) have towns at once.
    """
    if not (code.isascii() and code.isdigit()):
        raise ValueError(f"'{code}' has other signs than digits")
    if len(code) not in LENGTHS:
        raise ValueError(f"'{code}' has {len(code)} digits; division codes have 6, 9 or 12, grid codes 15")
    level, end, at, gap = "", 0, 0, ""
    for name, width in PARTS.items():
        if code[at : at + width].strip("0"):
            if gap:
                raise ValueError(f"'{code}' names a {name} of no {gap}: the digits for that are zeros")
            level, end = name, at + width
        elif at < len(code) and name != "county":
            gap = gap or name
        at += width
    if not level:
        raise ValueError(f"'{code}' is all zeros")
    return Division(code=code, level=level, stem=code[:end])
