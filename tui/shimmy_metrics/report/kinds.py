"""Kinds of values. Each knows which rule a value breaks, its longest value, its bounds and its JSON Schema.

No kind is free text: a value is a bounded integer, a boolean, a word of a closed list, a UUID, a version or a day.
Kinds are named tuples, since every command loads the field table: a dataclass takes five times as long to define.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from shimmy_metrics.limits import ROUTES_NAMED, VERSION_PART_MAX
from shimmy_metrics.report.coarsen import two_digits
from shimmy_metrics.vocabulary import OTHER

Value = str | int | bool | list[str] | None
"""A value in a report. JSON tells `bool` from `int`, so both are listed."""


_FEW: Final = 5
"""As many words as `bounds` names; of more it says how many they are."""


class Kind(Protocol):
    """The kind of one field's value."""

    @property
    def bounds(self) -> str:
        """The allowed values in a few words."""

    @property
    def longest(self) -> Value:
        """A value whose JSON text is as long as this kind allows."""

    def violation(self, value: object) -> str | None:
        """Return the rule that `value` breaks, or None. Never quotes the value."""

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of the value."""


class Integer(NamedTuple):
    """An integer from 0 to `top`; of two significant digits where `rounded`; null where `optional`."""

    top: int
    rounded: bool = False
    optional: bool = False

    @property
    def bounds(self) -> str:
        """The allowed values in a few words."""
        rounding = ", two digits" if self.rounded else ""
        return f"0 to {self.top:,}{rounding}{' or null' if self.optional else ''}"

    @property
    def longest(self) -> Value:
        """A value whose JSON text is as long as this kind allows."""
        return self.top

    def violation(self, value: object) -> str | None:
        """Return the rule that `value` breaks, or None."""
        if value is None and self.optional:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            return "no integer"
        if not 0 <= value <= self.top:
            return f"not within {self.bounds}"
        return "more than two significant digits" if self.rounded and value != two_digits(value) else None

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value. The numeric keywords do not apply to null."""
        type_ = ["integer", "null"] if self.optional else "integer"
        bands = {"anyOf": list(_bands(self.top))} if self.rounded else {}
        return {"type": type_, "minimum": 0, "maximum": self.top, **bands}


def _bands(top: int) -> Iterator[dict[str, int]]:
    """Yield "two significant digits" as JSON Schema can express it: up to 99, then 100 to 990 by 10, and so on."""
    yield {"maximum": min(top, 99)}
    step = 10
    while 10 * step <= top:
        yield {"minimum": 10 * step, "maximum": min(99 * step, top), "multipleOf": step}
        step *= 10


class IntegerRange(NamedTuple):
    """An integer from `lowest` to `top`."""

    lowest: int
    top: int

    @property
    def bounds(self) -> str:
        """The allowed values in a few words."""
        return f"{self.lowest}" if self.lowest == self.top else f"{self.lowest} to {self.top}"

    @property
    def longest(self) -> Value:
        """A value whose JSON text is as long as this kind allows."""
        return self.top

    def violation(self, value: object) -> str | None:
        """Return the rule that `value` breaks, or None."""
        if not isinstance(value, int) or isinstance(value, bool):
            return "no integer"
        return None if self.lowest <= value <= self.top else f"not {self.bounds}"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "integer", "minimum": self.lowest, "maximum": self.top}


class PowerOfTwo(NamedTuple):
    """1, 2, 4 ... `top`, or null."""

    top: int

    @property
    def bounds(self) -> str:
        """The allowed values in a few words."""
        return f"1, 2, 4 to {self.top:,} or null"

    @property
    def longest(self) -> Value:
        """A value whose JSON text is as long as this kind allows."""
        # `null` may be longer than the largest number.
        return max((self.top, None), key=lambda value: len(str(value)))

    def violation(self, value: object) -> str | None:
        """Return the rule that `value` breaks, or None."""
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            return "no integer"
        return None if 0 < value <= self.top and value & (value - 1) == 0 else "no power of two within its bounds"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"enum": [2**power for power in range(self.top.bit_length())] + [None]}


class Boolean:
    """True or false."""

    @property
    def bounds(self) -> str:
        """The allowed values in a few words."""
        return "true or false"

    @property
    def longest(self) -> Value:
        """A value whose JSON text is as long as this kind allows."""
        return False

    def violation(self, value: object) -> str | None:
        """Return the rule that `value` breaks, or None."""
        return None if isinstance(value, bool) else "neither true nor false"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "boolean"}


class Word(NamedTuple):
    """One of a closed list of words, or null where `optional`."""

    words: tuple[str, ...]
    optional: bool = False

    @property
    def bounds(self) -> str:
        """The allowed values in a few words."""
        few = len(self.words) <= _FEW
        named = ", ".join(self.words) if few else f"one of {len(self.words)} words"
        return f"{named}{' or null' if self.optional else ''}"

    @property
    def longest(self) -> Value:
        """A value whose JSON text is as long as this kind allows."""
        return max(self.words, key=len)

    def violation(self, value: object) -> str | None:
        """Return the rule that `value` breaks, or None."""
        if value is None and self.optional:
            return None
        return None if isinstance(value, str) and value in self.words else "none of its words"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"enum": [*self.words, *([None] if self.optional else [])]}


class Words(NamedTuple):
    """A sorted list of distinct words of a closed list: at most `ROUTES_NAMED` of them, and `other`."""

    words: tuple[str, ...]

    @property
    def bounds(self) -> str:
        """The allowed values in a few words."""
        return f"{ROUTES_NAMED} of {len(self.words)} words, and {OTHER}"

    @property
    def longest(self) -> Value:
        """A value whose JSON text is as long as this kind allows."""
        return sorted([*sorted(self.words, key=len)[-ROUTES_NAMED:], OTHER])

    def violation(self, value: object) -> str | None:
        """Return the rule that `value` breaks, or None."""
        if not isinstance(value, list):
            return "no list"
        if any(not isinstance(each, str) or each not in (*self.words, OTHER) for each in value):
            return "none of its words"
        if value != sorted(set(value)):
            return "not sorted, or a word twice"
        return "too many words" if len(value) - (OTHER in value) > ROUTES_NAMED else None

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        items = {"enum": [*self.words, OTHER]}
        return {"type": "array", "items": items, "uniqueItems": True, "maxItems": ROUTES_NAMED + 1}


def closed_list(kind: Kind) -> tuple[str, ...]:
    """Return every word that a value may have, where `bounds` only counts them; else nothing."""
    words = kind.words if isinstance(kind, Word | Words) else ()
    return words if len(words) > _FEW else ()


class _Pattern(NamedTuple):
    """A string that matches `pattern`. `name` describes it to people; `example` is as long as it can be."""

    name: str
    pattern: str
    example: str

    @property
    def bounds(self) -> str:
        """The allowed values in a few words."""
        return self.name

    @property
    def longest(self) -> Value:
        """A value whose JSON text is as long as this kind allows."""
        return self.example

    def violation(self, value: object) -> str | None:
        """Return the rule that `value` breaks, or None."""
        matches = isinstance(value, str) and re.fullmatch(self.pattern, value) is not None
        return None if matches else f"not of the form: {self.name}"

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "string", "pattern": f"^{self.pattern}$"}


_PART: Final = r"(0|[1-9][0-9]{0,2})"

UUID4: Final = _Pattern(
    "a random UUID, version 4",
    "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "00000000-0000-4000-8000-000000000000",
)
VERSION: Final = _Pattern(
    f"three numbers to {VERSION_PART_MAX}, or unknown",
    rf"({_PART}\.{_PART}\.{_PART}|unknown)",
    ".".join(3 * [str(VERSION_PART_MAX)]),
)


class Day:
    """A UTC day, written as its first second."""

    @property
    def bounds(self) -> str:
        """The allowed values in a few words."""
        return "a UTC day"

    @property
    def longest(self) -> Value:
        """A value whose JSON text is as long as this kind allows."""
        return "2026-01-01T00:00:00Z"

    def violation(self, value: object) -> str | None:
        """Return the rule that `value` breaks, or None."""
        if not isinstance(value, str) or not re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T00:00:00Z", value):
            return "no UTC day"
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return "no UTC day"
        return None

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value."""
        return {"type": "string", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T00:00:00Z$"}
