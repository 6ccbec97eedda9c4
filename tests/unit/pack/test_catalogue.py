"""The catalogue of series ids."""

from tests.packs_for_tests import small_pack

from bihuan.pack.catalogue import Catalogue
from bihuan.pack.load import load

RULES = load(small_pack())
SERIES = [f"{indicator.id}@{spot}" for indicator, spot in RULES.series()]


def test_the_same_packs_have_the_same_digest_and_share_their_lists_of_places() -> None:
    one, other = Catalogue(RULES).view(), Catalogue(load(small_pack())).view()
    assert one is not None
    assert one == other
    assert sum(block.count for block in one.blocks) == one.count == len(SERIES)


def test_a_series_has_the_number_it_is_declared_at() -> None:
    assert [RULES.numbering.name(number) for number in range(RULES.numbering.count)] == SERIES
