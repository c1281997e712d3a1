"""What a screen of reports shows: the queued ones, those of a receipt, or an example."""

from collections.abc import Sequence
from typing import Protocol

from shimmy_metrics.app.keys import Button
from shimmy_metrics.app.screens.report.subject import Subject
from shimmy_metrics.app.screens.report.view import Selection
from shimmy_metrics.app.ui.layout import Canvas, Content


class Source(Protocol):
    """Several requests and reports, of which `selection` shows one."""

    selection: Selection

    @property
    def several(self) -> bool:
        """Whether there is another one to select."""
        ...

    @property
    def compared(self) -> bool:
        """Whether what is shown is a report, and compared with another one."""
        ...

    def subject(self) -> Subject | None:
        """Return the request or report that is shown, None before anything was read."""
        ...

    def content(self, canvas: Canvas) -> Content:
        """Return the subject in the selected view."""
        ...

    def buttons(self) -> Sequence[Button]:
        """Return the buttons of the screen."""
        ...

    def move(self, by: int) -> None:
        """Select the next subject, or with -1 the one before."""
        ...

    def open_part(self, number: int) -> None:
        """Select one report, by its number from 1, of the request that is shown."""
        ...

    def close_part(self) -> None:
        """Select the request again of which one report is shown."""
        ...

    def headers_note(self) -> str:
        """Return what there is to say about the headers of the request."""
        ...


class Queue(Protocol):
    """What can be done with queued reports. Each method returns why it does nothing, or an empty string."""

    def release(self) -> str:
        """Ask whether the subject may be sent now, as one request."""
        ...

    def hold(self) -> str:
        """Hold the report until it is released."""
        ...

    def delete(self) -> str:
        """Ask whether the report may be deleted."""
        ...
