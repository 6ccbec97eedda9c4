"""Errors an operator can act on: what, where, what to do. One class a remedy."""


class BihuanError(Exception):
    """Anything an operator can put right. `remedy` says how."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        if not self.remedy:
            return head
        stop = "" if head.endswith((".", "!", "?", ":")) else "."
        return f"{head}{stop} {self.remedy}"


class PackError(BihuanError):
    """A pack cannot be used as written: mend the named file and line."""


class ReadingError(BihuanError):
    """Rows of readings cannot be taken: mend the named rows and send them again."""


class LogError(BihuanError):
    """A log of another system cannot be read as its map says: mend the named row, or the map."""


class CommandRefused(BihuanError):
    """A person may not do this now: the remedy says who may do what next."""


class Behind(BihuanError):
    """More waits for the loop than it can take: keep what you have and send it again in `seconds`."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", seconds: int = 1) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.seconds = seconds


class JournalError(BihuanError):
    """The journal does not hold together: restore from a copy up to the named entry."""


class SettingError(BihuanError):
    """A setting or argument of the command line is wrong."""
