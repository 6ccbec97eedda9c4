"""The tree of duties as the views walk it, and counters kept for every place of it."""

from collections.abc import Hashable, Iterable

from bihuan.pack.rules import Rules


class Tree:
    """Paths from a place or thing up to the root of the tree of duties; found once, kept."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._paths: dict[str, tuple[str, ...]] = {}

    def path(self, spot: str) -> tuple[str, ...]:
        """Place codes from the spot's own place to the root. Empty for a spot no pack knows (any more)."""
        found = self._paths.get(spot)
        if found is None:
            found = self._paths[spot] = tuple(self._climb(spot))
        return found

    def _climb(self, spot: str) -> Iterable[str]:
        thing = self._rules.things.get(spot)
        place = self._rules.places.get(thing.place if thing else spot)
        while place is not None:
            yield place.code
            place = self._rules.places.get(place.duty_parent or place.parent)

    def within(self, spot: str, place: str) -> bool:
        """Does `spot` lie at or under `place`?"""
        return place in self.path(spot)


class Tally:
    """How many keys wear each label, at every place on each key's path. A key may wear several labels."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[Hashable, int]] = {}
        self._worn: dict[str, tuple[tuple[str, ...], tuple[Hashable, ...]]] = {}

    def put(self, key: str, path: tuple[str, ...], labels: tuple[Hashable, ...]) -> None:
        """`key` wears exactly `labels` from now on."""
        new = (path, labels)
        old = self._worn.get(key)
        if old == new:
            return
        if old is not None:
            self._add(*old, -1)
        self._worn[key] = new
        self._add(path, labels, 1)

    def drop(self, key: str) -> None:
        if (old := self._worn.pop(key, None)) is not None:
            self._add(*old, -1)

    def _add(self, path: tuple[str, ...], labels: tuple[Hashable, ...], step: int) -> None:
        for place in path:
            counts = self._counts.setdefault(place, {})
            for label in labels:
                counts[label] = counts.get(label, 0) + step

    def count(self, place: str, label: Hashable) -> int:
        return self._counts.get(place, {}).get(label, 0)
