"""The question in lines of text, with the app's sentences and answers.

Only an explicit word decides; Enter alone, end of input, a paste or 60 s of silence decide nothing.
"""

import select
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final, NamedTuple

from shimmy_metrics.actions.decide import (
    Decided,
    add_fields,
    decline,
    enable,
    leave_fields,
    only_for_me,
)
from shimmy_metrics.actions.files import FileKind
from shimmy_metrics.actions.overview import Overview, overview
from shimmy_metrics.actions.status import read_status
from shimmy_metrics.consent.state import Delivery
from shimmy_metrics.limits import QUESTION_STANDS_SECONDS, SILENCE_SECONDS
from shimmy_metrics.machine.gather import gather
from shimmy_metrics.report.fields import FIELDS
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line
from shimmy_metrics.wording.consent import WITHDRAW
from shimmy_metrics.wording.consent_question import (
    DECLINE,
    DECLINE_AGAIN,
    ENABLE,
    ENABLE_HELD,
    LATER,
    NEVER_LABEL,
    NEVER_LINES,
    ONLY_FOR_ME,
    OWN_FIGURES,
    QUESTION,
    STARTING,
    AnswerText,
    disclosure,
    new_fields_answers,
    new_fields_question,
)
from shimmy_metrics.wording.decision import answer_recorded, held_for_an_earlier_yes, renewal_recorded
from shimmy_metrics.wording.deletions import purged, purged_without_consent

_TRIES: Final = 3
_PASTE: Final = "paste"
_DROPS_SECONDS: Final = 5.0
_LOOKS_SECONDS: Final = 0.05


def ask(profile: Profile, seconds: int | None = None) -> Decided | None:
    """Ask the question; return what was decided, or None where nothing was. `seconds` without a key end it.

    Raises `UserError` where the answer cannot be written.
    """
    shown, starting = overview(profile, gather(profile.environment)), seconds is not None
    asked = _new_fields_prompt(shown) if shown.news else _full_prompt(shown, starting=starting)
    for line in purged_without_consent(shown.purged, profile.clock.now()):
        print_line(line)
    for line in asked.lines:
        print_line(line)
    if seconds is not None:
        print_line(f"If nothing is typed within {seconds} s, nothing is decided and serve goes on.")
    words = f"{', '.join(asked.acts)} or {LATER.word}"
    for _ in range(_TRIES):
        word = _read_word(words, seconds)
        if word is None:
            break
        word = DECLINE.word if word == DECLINE.word[0] else word  # a no needs no whole word; a yes does
        if word in asked.acts:
            decided = asked.acts[word](profile)
            for line in decided.notices:
                print_line(line)
            for line in (
                [renewal_recorded(decided.decision)]
                if shown.news
                else _confirmation(decided, profile, starting=starting)
            ):
                print_line(line)
            return decided
        if word == LATER.word:
            break
        pasted = word == _PASTE
        print_line("A paste is not taken for an answer." if pasted else f"Please type one of these words: {words}.")
        seconds = None  # somebody is there
    print_line("Nothing was decided and nothing was written.")
    return None


class _Prompt(NamedTuple):
    """A question: its lines, and what each word that decides does. `later` decides nothing."""

    lines: tuple[str, ...]
    acts: Mapping[str, Callable[[Profile], Decided]]


def _full_prompt(shown: Overview, *, starting: bool) -> _Prompt:
    acts: dict[str, Callable[[Profile], Decided]] = {
        ENABLE.word: enable,
        ENABLE_HELD.word: partial(enable, delivery=Delivery.REVIEW),
        ONLY_FOR_ME.word: only_for_me,
        DECLINE.word: decline,
    }
    return _Prompt(tuple(_question(shown, starting=starting)), acts)


def _new_fields_prompt(shown: Overview) -> _Prompt:
    answers = new_fields_answers(len(shown.news), len(FIELDS) - len(shown.news))
    lines = [new_fields_question(len(shown.news)), ""]
    for field in shown.news:
        lines.append(f"{field.name}: {field.kind.bounds}.")
        lines.append(f"  {field.meaning} Why: {field.purpose}. Source: {field.source}.")
    lines += ["", *(_answer(answer) for answer in answers), WITHDRAW]
    add, leave, _ = answers
    return _Prompt(tuple(lines), {add.word: add_fields, leave.word: leave_fields})


def _answer(answer: AnswerText) -> str:
    return f"  {answer.word:<8}{answer.label}: {answer.consequence}"


def _question(shown: Overview, *, starting: bool) -> Iterator[str]:
    yield QUESTION
    yield ""
    yield from disclosure(shown.consent.endpoint, shown.proxy)
    yield f"An example of the {len(FIELDS)} fields: this machine's facts, and a session in which nothing happened."
    yield f"  {shown.example.body.decode()}"
    yield f"  {len(shown.example.body):,} bytes, sha256 {shown.example.sha256}"
    yield f"{NEVER_LABEL}: {' '.join(NEVER_LINES)}"
    yield " ".join(OWN_FIGURES)
    yield ""
    declines = DECLINE_AGAIN if any(each.kind is not FileKind.CONFIG for each in shown.files) else DECLINE
    for answer in (ENABLE, ENABLE_HELD, ONLY_FOR_ME, declines, LATER):
        yield _answer(answer._replace(consequence=STARTING) if starting and answer is ENABLE else answer)
    yield WITHDRAW


def _confirmation(decided: Decided, profile: Profile, *, starting: bool) -> Iterator[str]:
    now = read_status(profile)
    yield from answer_recorded(now.consent, now.situation, changed=True, starting=starting)
    if now.of_an_earlier_yes:  # also that of a running session, which may have ended on the answer just now
        yield held_for_an_earlier_yes(now.of_an_earlier_yes)
    yield from purged(decided.purged, now.now)


def _read_word(words: str, seconds: int | None) -> str | None:
    """Return the typed word in lower case, `paste` for pasted text, or None at the end of input or of the time.

    `words` can be typed; they stand in the line where that is done.
    """
    sys.stdout.write(f"{words}> ")
    sys.stdout.flush()
    if sys.platform == "win32" or not sys.stdin.isatty():
        if seconds is not None and sys.stdin.isatty() and not _key_comes(seconds):
            print_line("")
            return None
        line = sys.stdin.readline()
        return line.strip().lower() if line else None
    _discard_input()  # what was typed before the question stood is no answer to it
    if not select.select([sys.stdin], [], [], seconds)[0]:
        print_line("")
        return None
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        return None  # the end of input, also behind half a word
    if select.select([sys.stdin], [], [], SILENCE_SECONDS)[0]:
        _discard_input()
        return _PASTE  # a person's next line does not come within a tenth of a second
    return line.strip().lower()


def _key_comes(seconds: int) -> bool:
    """Wait on Windows at most so long for a key at the console, which stays unread; return whether one came."""
    if sys.platform == "win32":
        import msvcrt  # there `select` knows sockets alone

        end = time.monotonic() + seconds
        while not msvcrt.kbhit():
            if time.monotonic() >= end:
                return False
            time.sleep(_LOOKS_SECONDS)
    return True


def _discard_input() -> None:
    """Drop what was typed until it is quiet for a while: a terminal hands a long paste over in pieces."""
    if sys.platform == "win32":
        return  # nothing is read from a terminal there but whole lines
    import termios

    end = time.monotonic() + _DROPS_SECONDS
    while time.monotonic() < end:
        time.sleep(QUESTION_STANDS_SECONDS)
        more = select.select([sys.stdin], [], [], 0)[0]
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
        if not more:
            break
