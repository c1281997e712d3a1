"""What can go wrong for a person, said once: what is wrong, where, and what to do."""

from shimmy_metrics.exit_codes import Exit


class UserError(Exception):
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
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
