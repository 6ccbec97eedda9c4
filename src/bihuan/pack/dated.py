"""Ladders change with the years: which version of each is in force on a given day."""

from bihuan.pack.schema import Ladder, Version


def in_force(ladder: Ladder, today: str) -> Ladder:
    """The ladder as it stands on `today` (ISO date; empty: the newest version), its other versions kept in `versions`.

    The newest version that has begun; before the first one, the first. A version past its `valid_to` with nothing after it
    stays in force: an old threshold warns of more than none.
    """
    if not ladder.versions:
        return ladder
    own = Version(source=ladder.source, rungs=ladder.rungs, overrides=ladder.overrides)
    known = sorted((own, *ladder.versions), key=lambda version: version.source.valid_from)
    begun = [version for version in known if not today or version.source.valid_from <= today]
    chosen = begun[-1] if begun else known[0]
    others = tuple(version for version in known if version is not chosen)
    return Ladder(
        id=ladder.id,
        words=ladder.words,
        source=chosen.source,
        rungs=chosen.rungs,
        overrides=chosen.overrides,
        versions=others,
        datum=ladder.datum,
    )
