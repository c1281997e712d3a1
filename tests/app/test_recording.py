"""The recording of the first minute shows this program, can be played anywhere, and does not tell where it was made."""

import json
import re

from shimmy_metrics.report.validate import validate_body
from support import recording
from support.renew import RENEW

STORED = recording.RECORDING.read_text(encoding="utf-8")


def test_it_is_an_asciicast_of_an_80x24_terminal() -> None:
    header = json.loads(STORED.splitlines()[0])
    assert (header["version"], header["width"], header["height"]) == (2, 80, 24)
    assert all(json.loads(line)[1] == "o" for line in STORED.splitlines()[1:])
    assert len(STORED.encode()) < 100_000


def test_it_takes_a_minute_at_most_and_time_goes_forward() -> None:
    times = [at for at, _ in recording.events(STORED)]
    assert times[0] == 0
    assert times == sorted(times)
    assert 20 < times[-1] < recording.LONGEST_SECONDS


def test_it_shows_what_the_program_shows_today_from_the_question_to_what_the_receiver_got() -> None:
    words = recording.missing(STORED)
    assert not words, f"no screen with {words!r}: {RENEW}"


def test_the_bytes_that_the_receiver_got_are_a_report() -> None:
    written = "".join(text for _, text in recording.events(STORED))
    got = written[written.index("The receiver got") :].replace("\r\n   ", "")  # a terminal's lines break behind commas
    body = re.search(r"\{.*\}", got)
    assert body, RENEW
    assert validate_body(body[0].encode()) == []
    assert f"The receiver got {len(body[0])} bytes" in got


def test_it_draws_and_asks_nothing_of_the_terminal_that_plays_it() -> None:
    events = list(recording.events(STORED))
    assert events
    for _, text in events:
        rest = recording.DRAWS.sub("", text)
        assert all(character.isprintable() or character in "\r\n\t\b" for character in rest), ascii(rest)


def test_no_name_of_a_person_or_a_machine_and_no_home_stands_in_it() -> None:
    assert not re.search(r"/(?:home|root|Users|work)\b|\w@\w", STORED)
