"""The question in lines of text at a Windows console, which knows no `select`: without a key it ends in time, too."""

import sys
from types import SimpleNamespace
from typing import Final

import pytest

from shimmy_metrics.cli import consent_prompt
from shimmy_metrics.cli.consent_prompt import _read_word

SECONDS: Final = 60
BRIEFLY: Final = 1.0


class Console:
    """A console at which the first key comes after so many seconds; its own clock passes while it is slept."""

    def __init__(self, key_at: float) -> None:
        self.now = 0.0
        self._key_at = key_at

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def kbhit(self) -> bool:
        return self.now >= self._key_at

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        self.now = max(self.now, self._key_at)
        return "No\n"


def _at(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msvcrt", console)
    monkeypatch.setattr(consent_prompt, "time", console)
    monkeypatch.setattr(consent_prompt, "sys", SimpleNamespace(platform="win32", stdin=console, stdout=sys.stdout))


@pytest.mark.parametrize(("key_at", "word"), [(0.0, "no"), (SECONDS - 1.0, "no"), (SECONDS + 1.0, None)])
def test_serve_waits_so_long_for_a_first_key(monkeypatch: pytest.MonkeyPatch, key_at: float, word: str | None) -> None:
    console = Console(key_at)
    _at(console, monkeypatch)
    assert _read_word("yes or no", SECONDS) == word
    assert console.now <= SECONDS + BRIEFLY


def test_whoever_asked_for_the_question_has_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(10.0 * SECONDS)
    _at(console, monkeypatch)
    assert _read_word("yes or no", None) == "no"
