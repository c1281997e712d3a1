"""Explore all states that moves can reach, in one open app: always go to the nearest state with an untried move."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

State = tuple[object, ...]

OUT: Final[State] = ("out",)
"""Where the app would have ended."""


@dataclass(slots=True)
class Walk:
    """What is known of the states: from each, the move and where it led. `steps` counts the moves that were made."""

    observe: Callable[[], State]
    moves: Callable[[], Sequence[str]]
    make: Callable[[str], Awaitable[State]]
    home: Callable[[], Awaitable[None]]
    """Brings the first state back, where no known move does."""

    led: dict[State, dict[str, State]] = field(default_factory=dict)
    steps: int = 0
    start: State = ()
    _untried: dict[State, list[str]] = field(default_factory=dict)

    async def explore(self, most: int, deep: int | None = None) -> None:
        """Try every move in every reachable state, or only in those less than `deep` moves from the first.

        Raise `AssertionError` above `most` moves.
        """
        self.start = self.observe()
        while True:
            here = self.observe()
            if here not in self.led:
                self.led[here] = {}
                self._untried[here] = list(self.moves())
            near = self._within(deep)
            untried = self._untried[here] if here in near else []
            move = untried.pop(0) if untried else self._on_the_way(here, near)
            if not move and (deep is None or here == self.start):
                return
            self.steps += 1
            assert self.steps <= most, f"{len(self.led)} states, and no end"
            if not move:
                await self.home()
                continue
            self.led[here][move] = await self.make(move)

    def unreached(self) -> list[State]:
        """Return the states with an untried move to which no way led back."""
        return [state for state, moves in self._untried.items() if moves]

    def stuck(self, moves: Iterable[str]) -> list[State]:
        """Return the states from which these moves alone never lead out; where none of them was tried, any may do."""
        allowed = frozenset(moves)
        outside = {OUT}
        while True:
            nearer = {
                state
                for state, led in self.led.items()
                if state not in outside
                and any(to in outside for move, to in led.items() if move in allowed or not allowed & led.keys())
            }
            if not nearer:
                return [state for state in self.led if state not in outside]
            outside |= nearer

    def _within(self, deep: int | None) -> set[State]:
        """Return the states that are known to be less than `deep` moves from the first."""
        if deep is None:
            return set(self.led)
        found = level = {self.start}
        for _ in range(deep - 1):
            level = {to for state in level for to in self.led.get(state, {}).values()} - found
            found = found | level
        return found

    def _on_the_way(self, here: State, near: set[State]) -> str:
        """Return the first move on the shortest known way to a state of `near` with something untried, or nothing."""
        seen, waiting = {here}, deque([(here, "")])
        while waiting:
            state, first = waiting.popleft()
            if state in near and self._untried.get(state):
                return first
            for move, to in self.led.get(state, {}).items():
                if to not in seen and to != OUT:
                    seen.add(to)
                    waiting.append((to, first or move))
        return ""
