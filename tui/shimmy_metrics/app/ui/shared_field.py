"""The marked field, which stays marked while a person goes from screen to screen."""

from shimmy_metrics.app.host import Host
from shimmy_metrics.report.fields import BY_NAME
from shimmy_metrics.report.never import NEVER

_NEVER = {name for name, _ in NEVER}


class SharedField:
    """A screen's part in it. With `when_moved` the screen shares only a mark that a person has set there.

    With `from_top` it begins at its own first line, whatever was marked elsewhere. A field that the screen in front
    does not list is not forgotten: the next screen or view may have it.
    """

    def __init__(self, host: Host, *, when_moved: bool = False, from_top: bool = False) -> None:
        self._host = host
        self._shares = not when_moved
        self._from_top = from_top

    def mark(self, mark: str) -> str:
        """Return the field that another screen marked, else the screen's own mark."""
        return mark if self._from_top else self._host.field or mark

    def keep(self, mark: str) -> None:
        """Share the mark, if it is a field or stands on the never-list."""
        if self._shares and not self._host.field and (mark in BY_NAME or mark in _NEVER):
            self._host.field = mark

    def release(self) -> None:
        """Forget the field: a person moves the mark."""
        self._shares, self._from_top = True, False
        self._host.field = ""
