"""Published scores of a journal as files: found by scorecard and period, sealed."""

from collections.abc import Iterator
from contextlib import closing
from datetime import tzinfo
from pathlib import Path

from bihuan.journal.sealed import sealed
from bihuan.journal.sqlite import entries_of
from bihuan.model.facts import Fact, ScorePublished
from bihuan.model.periods import moment_of
from bihuan.model.times import iso
from bihuan.pack.rules import Rules
from bihuan.views import NotFound
from bihuan.views.score_file import ScoreFile, file_of

LATEST = "latest"


def published(journal: Path, card: str, period: str, zone: tzinfo) -> Fact:
    """The newest version of a scorecard over the period `period` begins or lies in; `latest` is the last there is.

    Raises NotFound where nothing was published for it: `where` is `card` or `period`.
    """
    found = [(fact, fact.body) for fact in _scores(journal) if isinstance(fact.body, ScorePublished)]
    of_card = [(fact, body) for fact, body in found if body.scorecard == card]
    if not of_card:
        known = ", ".join(sorted({body.scorecard for _, body in found})) or "nothing"
        raise NotFound(f"nothing was published of the scorecard '{card}'", where="card", remedy=f"Published: {known}.")
    if period == LATEST:
        newest = max(body.since for _, body in of_card)
        return [fact for fact, body in of_card if body.since == newest][-1]
    try:
        at = moment_of(period, zone)
    except ValueError as error:
        raise NotFound(str(error), where="period", remedy=f"Or write '{LATEST}' for the last one.") from error
    there = [fact for fact, body in of_card if body.since <= at < body.until]
    if not there:
        last = [iso(since, zone)[:16] for since in sorted({body.since for _, body in of_card})[-3:]]
        remedy = f"The last published periods begin at {', '.join(last)}."
        raise NotFound(f"no period of '{card}' that has {period} in it was published", where="period", remedy=remedy)
    return there[-1]


def _scores(journal: Path) -> Iterator[Fact]:
    with closing(entries_of(journal, "score-published")) as entries:
        for entry in entries:
            yield entry.fact


def score_file(journal: Path, fact: str, rules: Rules) -> ScoreFile:
    return file_of(sealed(journal, fact), rules)
