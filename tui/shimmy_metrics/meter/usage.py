"""What one answer told so far: tokens with their source, the prompt's, the model's name, and whether it failed."""

from typing import Final, TypeGuard

from shimmy_metrics.limits import ANSWER_TOKENS
from shimmy_metrics.vocabulary import TokenSource

_NAME_CHARACTERS: Final = 1_024
_FIGURES_MAX: Final = 64
"""What one answer may leave in memory: a model's name, a figure for each of its choices and prompts."""


class Usage:
    """Filled by a dialect while the answer passes. The model's name stays here until it is hashed, and goes with it.

    `generates`: what the answer holds was generated; if not, it tells no tokens whatever stands in it. `passed`: a body
    began. `understood`: some of it had a form that is known. `content`: something was generated. `pieces` counts
    streamed events with content; `choices` are the alternatives that were seen. `uneven`: an event of this stream can
    be more than one token. `estimated`: the server's figure is a guess.
    """

    __slots__ = (
        "_covered", "_event_is_token", "_figures", "_prompts", "_so_far", "choices", "content", "estimated", "failed",
        "generates", "model", "passed", "pieces", "understood", "uneven",
    )  # fmt: skip

    def __init__(self, *, generates: bool = True, event_is_token: bool = False) -> None:
        self.generates = generates
        self._event_is_token = event_is_token
        self.passed = self.understood = self.content = self.failed = False
        self.pieces = 0
        self.choices = 1
        self.uneven = self.estimated = self._so_far = False
        self.model: str | None = None
        self._figures: dict[int | None, int] = {}
        self._prompts: dict[int, int] = {}
        self._covered = 0

    def piece(self, text: object = "", *, streamed: bool) -> None:
        """Note generated content. Servers hold back half a character: an event beyond ASCII can be several tokens."""
        self.content = True
        self.pieces += streamed
        if not str(text).isascii():
            self.uneven = True

    def report(self, value: object, choice: int | None = None, *, so_far: bool = False) -> None:
        """Note a figure that stands where the server's token count stands; what is no count is passed over.

        It is the count of one `choice`, or of the whole answer. `so_far`: of an answer that is still being generated.
        """
        if not _is_count(value):
            return
        if choice in self._figures or len(self._figures) < _FIGURES_MAX:
            self._figures[choice] = value
            self._covered = self.pieces
            self._so_far = so_far

    def report_prompt(self, *counts: object, prompt: int = 0, embedded: bool = False) -> None:
        """Note the prompt's tokens as the server tells them, in one count or in several that add up.

        What is no count adds nothing. Of the figures for one `prompt` the greatest holds: a stream may repeat it, or
        know it at its end alone. An answer that generates nothing has a prompt where it was `embedded`; else it
        repeats the figure of another answer, and that is passed over.
        """
        told = sum(count for count in counts if _is_count(count))
        if told and (self.generates or embedded) and (prompt in self._prompts or len(self._prompts) < _FIGURES_MAX):
            self._prompts[prompt] = max(told, self._prompts.get(prompt, 0))

    def name(self, value: object) -> None:
        """Note the model's name as the answer gives it."""
        if isinstance(value, str) and value:
            self.model = value[:_NAME_CHARACTERS]

    @property
    def reported(self) -> int | None:
        """The server's own figure so far, of all choices together."""
        if None in self._figures:
            return self._figures[None]
        return sum(self._figures.values()) if self._figures else None

    @property
    def prompt_tokens(self) -> int:
        """The tokens of all prompts together, 0 where none is told."""
        return sum(self._prompts.values())

    def result(self) -> tuple[int, TokenSource | None]:
        """Return tokens and their source; no source where nothing was generated.

        A figure counts where it covers everything that came: not where content followed it, or where a choice has none.
        Zero or no usage beside content is not zero: then streamed pieces count, and without them nobody knows.
        """
        if not self.generates:
            return 0, None
        covers_all = self._covered == self.pieces and (None in self._figures or len(self._figures) >= self.choices)
        if self.reported and covers_all:
            counted = TokenSource.COUNTED if self._so_far else TokenSource.REPORTED
            return self.reported, TokenSource.ESTIMATED if self.estimated else counted
        if self.pieces:
            uneven = self.uneven and not self._event_is_token
            return self.pieces, TokenSource.ESTIMATED if uneven else TokenSource.COUNTED
        unread = self.content or (self.passed and not self.understood)
        return 0, TokenSource.UNKNOWN if unread else None


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= ANSWER_TOKENS
