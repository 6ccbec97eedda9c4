"""Grids (网格) on demand. No list of real grids is public, so these are made from the village codes and marked synthetic.

Codes follow the pattern of GB/T 30428.1: 15 digits = district 6 + street 3 + community 3 + cell 3. About 62,000 grids are
said to exist in Chongqing for 11,270 villages; a village gets three to eight, so the whole city comes out near that.
"""

from bihuan.model.errors import PackError
from bihuan.pack.rules import Rules
from bihuan.pack.schema import Place

FEWEST, SPREAD = 3, 6


def grids_of(rules: Rules, village: str) -> tuple[Place, ...]:
    """The grids of one village, always the same ones. Raises PackError when `village` is no code of 12 digits of a place."""
    place = rules.places.get(village)
    if place is None or len(village) != 12:
        raise PackError(
            f"'{village}' is no village of these packs.", remedy="Give a code of 12 digits: district 6, street 3, community 3."
        )
    count = FEWEST + int(village) * 2654435761 % 2**32 * SPREAD // 2**32  # Knuth's hash: neighbours differ
    return tuple(
        Place(
            code=f"{village}{number:03d}",
            name=f"{place.name}第{number}网格",
            name_en=f"{place.name_en or place.name} grid {number}",
            level="grid",
            parent=village,
            lon=place.lon,
            lat=place.lat,
            synthetic=True,
        )
        for number in range(1, count + 1)
    )
