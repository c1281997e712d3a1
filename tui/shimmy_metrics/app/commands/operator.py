"""Asking who runs the receiver that is set, once the person has agreed to that connection."""

import textwrap
from typing import TYPE_CHECKING, Final

from shimmy_metrics.app.commands.runner import Runner
from shimmy_metrics.app.host import Host
from shimmy_metrics.app.ui.question import Question
from shimmy_metrics.wording.departures import host
from shimmy_metrics.wording.receiver import YOUR_ADDRESS, by_way_of

if TYPE_CHECKING:
    from shimmy_metrics.actions.operator import OperatorAnswer

_COLUMNS: Final = 76
"""Longer lines are hard to read."""


class OperatorCommands:
    """Shows what the receiver's operator says of itself."""

    def __init__(self, host: Host, runner: Runner) -> None:
        self._host = host
        self._runner = runner

    def ask_first(self) -> None:
        """Ask whether the receiver may be asked; the question shows what would be sent."""
        from shimmy_metrics.actions.operator import operator_asked

        with self._runner.reporting_errors():
            asked = operator_asked(self._host.profile)
            method, url = asked.request.method, asked.request.url
            told = f"{host(url)} is asked{by_way_of(asked.proxy)}: {method} {url}. {YOUR_ADDRESS}"
            self._runner.ask(Question("Ask who runs the receiver?", told, "Yes, ask", "No"), lambda: self.ask(asked))

    def ask(self, asked: "OperatorAnswer") -> None:
        """Ask the receiver that the question named, and show what it says."""

        def answered() -> None:
            from shimmy_metrics.actions.operator import ask_operator
            from shimmy_metrics.wording.operator import operator_lines

            with self._runner.reporting_errors():
                with self._runner.busy("Asking the receiver."):
                    found = ask_operator(self._host.profile, asked)
                first, *rest = operator_lines(found)
                if found.name:
                    self._host.call_from_thread(self._show, first, rest)
                else:
                    self._runner.report(first)

        self._runner.in_thread(answered)

    def _show(self, sentence: str, lines: list[str]) -> None:
        from shimmy_metrics.app.screens.pager.screen import PagerScreen, PagerText

        room = max(min(self._host.canvas().width - 2, _COLUMNS), 1)
        paragraphs = (textwrap.wrap(each, room, subsequent_indent="  ", break_on_hyphens=False) for each in lines)
        wrapped = [row for rows in paragraphs for row in rows]
        _ = self._host.push_screen(PagerScreen(self._host, PagerText("The receiver", sentence, "", wrapped)))
