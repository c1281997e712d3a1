"""Apps that are not ours, for the driver that writes differences: Textual's own demo, and one of odd characters."""

import contextlib
from typing import Final

import pytest
from textual.app import App, ComposeResult, ScreenStackError
from textual.demo.demo_app import DemoApp
from textual.demo.widgets import Sparklines
from textual.widgets import Label, RichLog

DEMO: Final = (
    "tab tab enter escape p tab tab down down w tab tab right right pagedown tab down down pagedown pagedown g h"
)
"""Keys through all its pages."""


def demo(monkeypatch: pytest.MonkeyPatch) -> App[None]:
    """Return the demo, without its network and without a fault of its end."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # it would ask GitHub for its stars
    update = Sparklines.update_sparks

    def updated(sparks: Sparklines) -> None:
        with contextlib.suppress(ScreenStackError):  # its timer goes on while the screens are taken away
            update(sparks)

    monkeypatch.setattr(Sparklines, "update_sparks", updated)
    app = DemoApp()
    app.animation_level = "none"
    return app


class Mixed(App[None]):
    """Characters of every width in rows that move."""

    CSS = "Label { margin-left: 3; background: blue; }"

    def compose(self) -> ComposeResult:
        """Build a line that changes and lines that scroll."""
        yield Label("日本語のラベル", id="label")
        yield RichLog()

    def say(self, text: str) -> None:
        """Show this next."""
        self.query_one("#label", Label).update(text)
        self.query_one(RichLog).write(text)
