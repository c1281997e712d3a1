"""Every action by its name, for the command palette: the bindings of the screen and of the app, and the colours."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from textual.app import App, SystemCommand
from textual.screen import Screen

from shimmy_metrics.app.keys import asking, called
from shimmy_metrics.app.themes import THEMES


def commands(app: App[None], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Yield each action once, with the keys that do the same."""
    keys: dict[str, list[str]] = {}
    found: dict[str, tuple[str, Callable[[], Awaitable[bool]]]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.id and binding.description:
            keys.setdefault(binding.id, []).append(called(binding.key))
            found[binding.id] = (binding.description, _runner(app, active.node, asking(binding.action)))
    for name, (told, run) in found.items():
        yield SystemCommand(f"{told[:1].upper()}{told[1:]}", f"key {' '.join(keys[name])}", run)
    for theme in THEMES:
        label = theme.name.removeprefix("shimmy-")
        yield SystemCommand(f"Colours: {label}", "until the app is closed", _themed(app, theme.name))


def _runner(app: App[None], node: Any, action: str) -> Callable[[], Awaitable[bool]]:  # noqa: ANN401 - Textual's DOMNode
    async def run() -> bool:
        return await app.run_action(action, default_namespace=node)

    return run


def _themed(app: App[None], name: str) -> Callable[[], None]:
    def choose() -> None:
        app.theme = name

    return choose
