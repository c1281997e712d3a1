"""Apps that draw when asked alone, and then all: what a key on the way makes of the screen nobody looks at."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from rich.console import RenderableType
from textual._compositor import Compositor
from textual.app import App

_RENDER = Compositor.render_update


@contextmanager
def draws_on_demand() -> Iterator[None]:
    """Keep every app in the block from drawing, but where all that it shows is asked for."""
    with patch.object(Compositor, "render_update", _on_demand):
        yield


def draw(app: App[Any]) -> None:
    """Draw all that an app shows."""
    drawn = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert drawn is not None
    assert any(segment.text.strip() for segment in app.console.render(drawn))


def _on_demand(compositor: Compositor, full: bool = False, **more: Any) -> RenderableType | None:  # noqa: ANN401 - Textual's own form
    if full:
        return _RENDER(compositor, full=True, **more)
    compositor._dirty_regions.clear()
    return None
