"""What can go wrong for a person, said once: what is wrong, where, and what to do. And the exit codes."""

from enum import IntEnum


class Exit(IntEnum):
    """How our commands end. `serve` ends as the server ended."""

    DONE = 0
    NO = 1
    """The answer is no: `validate` found a violation."""
    USAGE = 2
    """Wrong arguments, or a config, store or address that cannot be used."""
    NO_SERVER = 127
    """There is no real shimmy binary to hand over to."""


class TroubleError(Exception):
    """Something a person has to know about, in one line and without a traceback.

    `what` is wrong, `where` (a file with its line, an address, an argument), and the `remedy`.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "", code: Exit = Exit.USAGE) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy
        self.code = code

    def __str__(self) -> str:
        """One line: `where: what. remedy`. A line break or an escape in a name given from outside is spelled out."""
        line = f"{self.where}: {self.what}" if self.where else self.what
        return harmless(f"{line}. {self.remedy}" if self.remedy else line)


def reason_of(error: OSError) -> str:
    """Return why the system refused something: its own words, in small letters as they stand within a sentence."""
    return (error.strerror or str(error) or "no reason given").lower()


def harmless(text: str) -> str:
    """Return text with whatever is not printable spelled out: a name from outside may hold escapes or line breaks."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
