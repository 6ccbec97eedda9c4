"""Trouble in packs: collected over all files, so that an author sees everything at once, and said in sentences."""

import difflib
from collections.abc import Iterable

from bihuan.model.errors import PackError

MOST_TROUBLES = 50
"""Errors shown at once at the most; an author who has fifty mends these first."""

MOST_KNOWN = 12
"""Known names listed in a remedy at the most."""

MOST_COMPARED = 2_000
"""Among more names than these nobody looks for the nearest: ten thousand wrong rows must not take minutes to refuse."""


class PackErrors(PackError):
    """Everything that keeps a set of packs from being used, in the order of files and lines. `errors` has at least one."""

    def __init__(self, errors: Iterable[PackError], *, left_out: int = 0) -> None:
        self.errors = tuple(errors)
        self.left_out = left_out
        first = self.errors[0]
        super().__init__(first.what, where=first.where, remedy=first.remedy)

    def __str__(self) -> str:
        lines = [PackError.__str__(error) for error in self.errors]
        if self.left_out:
            lines.append(f"... and {self.left_out} more.")
        return "\n".join(lines)


class Troubles:
    """A bounded list of errors. `add` keeps the first MOST_TROUBLES and counts the rest."""

    def __init__(self) -> None:
        self._errors: list[PackError] = []
        self._left_out = 0

    def __bool__(self) -> bool:
        return bool(self._errors)

    def __len__(self) -> int:
        return len(self._errors) + self._left_out

    def add(self, error: PackError) -> None:
        if len(self._errors) < MOST_TROUBLES:
            self._errors.append(error)
        else:
            self._left_out += 1

    def say(self, where: str, what: str, remedy: str = "") -> None:
        self.add(PackError(what, where=where, remedy=remedy))

    def stop_if_any(self) -> None:
        """Raises PackErrors with everything found so far."""
        if self._errors:
            raise PackErrors(self._errors, left_out=self._left_out)


def known_names(what: str, word: str, known: Iterable[str]) -> str:
    """The remedy for a name nobody declared: `Known roles: pumps, roads. Did you mean 'pumps'?`"""
    names = list(known)
    if not names:
        return f"There are no {what} yet."
    if len(names) > MOST_COMPARED:
        return f"There are {len(names)} known {what}."
    names = sorted(set(names))
    near = difflib.get_close_matches(word, names, n=1)
    if len(names) <= MOST_KNOWN:
        said = f"Known {what}: {', '.join(names)}."
    else:
        close = difflib.get_close_matches(word, names, n=MOST_KNOWN, cutoff=0.3) or names[:MOST_KNOWN]
        said = f"There are {len(names)} known {what}, among them: {', '.join(sorted(close))}."
    return f"{said} Did you mean '{near[0]}'?" if near else said
