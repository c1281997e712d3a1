"""Apps that are not ours, for the diff driver: Textual's own demo, and one of characters of uncertain width."""

from typing import Final

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Label, RichLog

DEMO: Final = (
    "tab tab enter escape p tab tab down down w tab tab right right pagedown tab down down pagedown pagedown g h"
)
"""Keys through all its pages."""


def demo(monkeypatch: pytest.MonkeyPatch) -> App[None]:
    """Return the demo, without its network."""
    # It takes long to import, and every process that collects tests would do so.
    from textual.demo.demo_app import DemoApp

    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # keeps the demo from asking GitHub for its stars
    app = DemoApp()
    app.animation_level = "none"
    return app


def stop_clocks(app: App[None]) -> None:
    """Stop every timer of an app: the demo's would still fire while its screens are removed, and fail."""
    for stack in app._screen_stacks.values():
        for screen in stack:
            for node in screen.walk_children(with_self=True):
                for timer in tuple(node._timers):
                    timer.stop()


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
