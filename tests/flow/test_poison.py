"""Good batches next to poison: every good one is taken and journaled, every bad one is told what, where and what to do."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.poison import Poison, Where, judge, poisons, post
from bench.running import Centre, serving
from tests.flow.command import write_packs
from tests.packs_for_tests import small_pack

from bihuan.journal.sqlite import read_facts
from bihuan.model.facts import ReadingsReceived

NAMES = [poison.name for poison in poisons(Where(indicator="", place="", id=0, catalogue="", series=0), 0)]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("poison")
    packs = write_packs(folder / "packs", small_pack())
    with serving(folder, str(packs / "rain")) as running:
        yield running


@pytest.fixture(scope="module")
def kinds(centre: Centre) -> dict[str, Poison]:
    known = centre.get("/live/series")
    block = next(block for block in known["blocks"] if block["indicator"] == "rain")
    place = known["sets"][block["places_of"]][0]
    where = Where(indicator="rain", place=place, id=block["start"], catalogue=known["catalogue"], series=known["count"])
    return {poison.name: poison for poison in poisons(where, int(time.time() * 1000))}


def good(centre: Centre, number: int) -> int:
    """Post a good batch of two rows; the entry it was taken as."""
    at = int(time.time() * 1000) - 60_000 + number
    rows = [{"indicator": "ponding-depth", "place": place, "at": at, "value": 1} for place in ("LP-1101-1", "LP-1201-1")]
    line = centre.line()
    line.request("POST", "/live/readings", json.dumps(rows), {"content-type": "application/json"})
    answer = line.getresponse()
    said = json.loads(answer.read())
    line.close()
    assert (answer.status, said["accepted"]) == (200, 2), said
    return int(said["entry"])


@pytest.mark.parametrize("name", NAMES)
def test_poison_is_told_what_where_and_what_to_do(centre: Centre, kinds: dict[str, Poison], name: str) -> None:
    line = centre.line()
    status, raw = post(line, kinds[name])
    line.close()
    assert judge(kinds[name], status, raw) == ""


def test_good_batches_between_all_kinds_of_poison_are_taken_and_journaled(centre: Centre, kinds: dict[str, Poison]) -> None:
    wrong: list[str] = []

    def stranger() -> None:
        line = centre.line()
        wrong.extend(found for poison in kinds.values() if (found := judge(poison, *post(line, poison))))
        line.close()

    thread = threading.Thread(target=stranger)
    thread.start()
    entries = []
    while thread.is_alive() or len(entries) < 20:
        entries.append(good(centre, len(entries)))
    thread.join()
    assert wrong == []
    assert len(set(entries)) == len(entries)
    assert journaled(centre, entries) == dict.fromkeys(entries, 2)


def journaled(centre: Centre, entries: list[int]) -> dict[int, int]:
    """Rows by entry, once the journal has all these."""
    until = time.monotonic() + 30
    while True:
        bodies = [fact.body for fact in read_facts(centre.folder / "journal") if isinstance(fact.body, ReadingsReceived)]
        found = {body.entry: body.rows for body in bodies if body.entry in entries}
        if len(found) == len(entries) or time.monotonic() > until:
            return found
        time.sleep(0.1)


def test_the_profile_beside_the_bench_says_whose_cpu_it_was(tmp_path: Path) -> None:
    with serving(tmp_path, str(write_packs(tmp_path / "packs", small_pack()) / "rain")) as running:
        for number in range(30):
            good(running, number)
    assert running.why().startswith("CPU by room: ")
