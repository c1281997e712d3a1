"""What one answer has said so far: generated tokens with their source, prompt tokens, the model's name, failure."""

from typing import Final, TypeGuard

from shimmy_metrics.limits import ANSWER_TOKENS
from shimmy_metrics.vocabulary import TokenSource

_NAME_CHARACTERS: Final = 1_024
_FIGURES_MAX: Final = 64
"""Bounds of what one answer keeps in memory: a model's name, a figure for each choice and prompt."""


class Usage:
    """Filled in by a dialect while the answer passes. It holds the model's name until that is hashed, and then goes.

    `generates`: the answer is generated; if not, it has no generated tokens, whatever it says. `passed`: a body began.
    `understood`: some of it had a known form. `content`: something was generated. `pieces` counts streamed events with
    content; `choices` is the number of alternatives seen. `uneven`: an event of this stream may be several tokens.
    `estimated`: the server's figure is a guess.
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
        """Record generated content. Servers hold back half characters: an event beyond ASCII may be several tokens."""
        self.content = True
        self.pieces += streamed
        if not str(text).isascii():
            self.uneven = True

    def report(self, value: object, choice: int | None = None, *, so_far: bool = False) -> None:
        """Record a value from where the server puts its token count; anything but a count is ignored.

        It counts one `choice`, or the whole answer. `so_far`: the answer is still being generated.
        """
        if not _is_count(value):
            return
        if choice in self._figures or len(self._figures) < _FIGURES_MAX:
            self._figures[choice] = value
            self._covered = self.pieces
            self._so_far = so_far

    def report_prompt(self, *counts: object, prompt: int = 0, embedded: bool = False) -> None:
        """Record the prompt's tokens by the server's counts, which add up; anything but a count is ignored.

        Of the figures for one `prompt` the greatest counts: a stream may repeat it, or know it only at its end. An
        answer that generates nothing has a prompt only if that was `embedded`; otherwise it repeats the figure of
        another answer, and is ignored.
        """
        count = 0
        for each in counts:  # a generator for `sum` would cost more than the rest
            if _is_count(each):
                count += each
        known = self._prompts.get(prompt, 0)
        if count > known and (self.generates or embedded) and (known or len(self._prompts) < _FIGURES_MAX):
            self._prompts[prompt] = count

    def name(self, value: object) -> None:
        """Record the model's name as the answer gives it."""
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
        """The tokens of all prompts together, 0 where the answer does not say."""
        return sum(self._prompts.values())

    def result(self) -> tuple[int, TokenSource | None]:
        """Return generated tokens and their source; no source where nothing was generated.

        The server's figure is used where it covers all content: not if content followed it, or a choice has no figure.
        Content with a figure of 0, or without one, is not 0 tokens: then streamed pieces count; without them the number
        is unknown.
        """
        if not self.generates:
            return 0, None
        figures, reported = self._figures, self.reported
        if reported and self._covered == self.pieces and (None in figures or len(figures) >= self.choices):
            counted = TokenSource.COUNTED if self._so_far else TokenSource.REPORTED
            return reported, TokenSource.ESTIMATED if self.estimated else counted
        if self.pieces:
            uneven = self.uneven and not self._event_is_token
            return self.pieces, TokenSource.ESTIMATED if uneven else TokenSource.COUNTED
        unread = self.content or (self.passed and not self.understood)
        return 0, TokenSource.UNKNOWN if unread else None


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= ANSWER_TOKENS
