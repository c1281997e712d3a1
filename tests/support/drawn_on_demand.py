"""Apps that draw when asked alone: a walk of thousands of keys draws each state that it meets once, whole."""

from collections.abc import Callable
from typing import Any

import pytest
from textual._compositor import Compositor
from textual.app import App


def draws_on_demand(monkeypatch: pytest.MonkeyPatch) -> Callable[[App[Any]], None]:
    """Keep every app from drawing, until the test ends, and return what draws all that one shows."""
    render = Compositor.render_update
    monkeypatch.setattr(Compositor, "render_update", lambda compositor, **_: compositor._dirty_regions.clear())

    def draw(app: App[Any]) -> None:
        drawn = render(app.screen._compositor, full=True, screen_stack=app._background_screens)
        assert drawn is not None
        assert any(segment.text.strip() for segment in app.console.render(drawn))

    return draw
