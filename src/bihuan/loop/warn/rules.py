"""Warn decides: does this change of level raise, step or clear the warning of its group and place?"""

from collections.abc import Sequence

from bihuan.loop.page import Page
from bihuan.loop.warn.state import Episode, State
from bihuan.model.facts import Fact, LevelChanged, PacksLoaded, WarningCleared, WarningRaised, WarningStepped

Key = tuple[str, str]
"""Group and place."""

Change = tuple[Fact, LevelChanged, Key]


def decide(state: State, news: Sequence[Fact], page: Page) -> None:
    # One change at a time with the ranks as they were then: what a batch is cut into must not matter.
    changes = [
        (fact, fact.body, key) for fact in news if type(fact.body) is LevelChanged and (key := state.key(fact.body)) is not None
    ]
    ranks = _ranks_before(state, changes)
    for fact, change, key in changes:
        ranks[key][fact.subject] = state.rules.rank(change.level)
        _compare(state, page, key, state.reached(key, ranks[key]), fact, fact.subject)
    for fact in news:
        if type(fact.body) is PacksLoaded:
            _compare_with_new_rules(state, page, fact)


def _ranks_before(state: State, changes: Sequence[Change]) -> dict[Key, dict[str, int]]:
    """The members' ranks before the news: facts are folded already, so the first `before` of each series is put back."""
    ranks: dict[Key, dict[str, int]] = {}
    for fact, change, key in reversed(changes):
        if key not in ranks:
            ranks[key] = dict(state.members.get(key, {}))
        ranks[key][fact.subject] = state.rules.rank(change.before)
    return ranks


def _compare(state: State, page: Page, key: tuple[str, str], rank: int, fact: Fact, series: str) -> None:
    level = state.rules.levels[rank].id
    group, place = key
    indicator, _, origin = series.partition("@")
    episode = state.on.get(key)
    if episode is None:
        if rank:
            warning = f"{state.rules.origin}-W{state.minted + 1:05d}"
            page.write(
                WarningRaised(warning=warning, group=group, place=place, level=level, indicator=indicator, origin=origin),
                because=(fact.id,),
                subject=warning,
                at=fact.at,
            )
    elif not rank:
        _clear(page, key, episode, fact, level)
    elif level != episode.level:
        page.write(
            WarningStepped(
                warning=episode.warning,
                group=group,
                place=place,
                level=level,
                before=episode.level,
                indicator=indicator,
                origin=origin,
            ),
            because=(fact.id, episode.facts[-1]),
            subject=episode.warning,
            at=fact.at,
        )


def _clear(page: Page, key: tuple[str, str], episode: Episode, fact: Fact, level: str) -> None:
    group, place = key
    page.write(
        WarningCleared(
            warning=episode.warning,
            group=group,
            place=place,
            before=episode.level,
            worst=episode.worst,
            level=level,
            lasted=max(0, fact.at - episode.since),  # a slow gauge may clear with a reading from before another one's raise
        ),
        because=(fact.id, episode.facts[0]),
        subject=episode.warning,
        at=fact.at,
    )


def _compare_with_new_rules(state: State, page: Page, fact: Fact) -> None:
    """New packs may ask for more or fewer series, or have dropped those of a warning: nothing else would ever say so."""
    for key in {**state.on, **state.members}:
        members = state.members.get(key, {})
        _compare(state, page, key, state.reached(key, members), fact, max(members, key=members.__getitem__, default=""))
