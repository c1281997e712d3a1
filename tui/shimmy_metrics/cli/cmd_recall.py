"""`shimmy-metrics recall`: ask the receiver of what left to delete it, and print what it answered."""

from collections.abc import Iterable
from typing import Final

from shimmy_metrics.actions.recall import FoundRecall, find_all_recalls, find_recall, recall, recall_each
from shimmy_metrics.cli.agreement import agreed
from shimmy_metrics.cli.departure_json import departure_json
from shimmy_metrics.cli.output import print_json
from shimmy_metrics.cli.purge_first import purge_first
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.records import Departure, Outcome
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line, print_lines
from shimmy_metrics.wording.departures import became, host, sentence
from shimmy_metrics.wording.recall import (
    ALL_RECALLED,
    EFFECT,
    INTERRUPTED,
    all_asked,
    all_at_once,
    also_sent_to,
    together,
)
from shimmy_metrics.wording.receiver import with_headers

_COMMAND: Final = "shimmy-metrics recall"

ALL: Final = "all"
"""The word that names everything that left."""


def recall_named(profile: Profile, word: str, *, yes: bool, as_json: bool) -> int:
    """Recall the request that `word` names, or `all`, after asking where that is several reports; return the exit code.

    It is 0 if the receiver confirmed every deletion, 1 if it answered otherwise or the person did not agree, 2 if
    nobody answered. Raises `UserError`.
    """
    if word == ALL:
        return _recall_all(profile, yes=yes, as_json=as_json)
    with purge_first(profile):
        found = find_recall(profile, word)
    lines = together(len(found.report_ids), found.departure.reports)
    if found.departure.reports > 1 and not yes and not agreed(lines, "Recall them?", _COMMAND):
        return Exit.NO
    unread = None if as_json else _unread(_request_lines(found))
    made = recall(profile, found)
    if unread is not None:
        raise unread
    told = [sentence(became(made, profile.clock.now()))]
    told += [EFFECT] if made.outcome is Outcome.RECALLED else []
    told += also_sent_to(host(each.endpoint) for each in found.elsewhere)
    if as_json:
        print_json({"requests": _requests_json(found), "attempt": departure_json(made), "told": told})
    else:
        for line in told:
            print_line(line)
    return _exit_code(made)


def _recall_all(profile: Profile, *, yes: bool, as_json: bool) -> int:
    """Recall each request that left, after asking, and print what became of each and of all, also if interrupted."""
    with purge_first(profile):
        every = find_all_recalls(profile)
    reports = sum(len(found.report_ids) for found in every)
    asked = all_at_once(len(every), reports, (host(found.departure.endpoint) for found in every))
    if every and not yes and not agreed((asked,), "Recall all of them?", _COMMAND):
        return Exit.NO
    made: list[tuple[FoundRecall, Departure]] = []
    unread: OSError | None = None
    interrupt: KeyboardInterrupt | None = None
    try:
        for found, answered in recall_each(profile, every):
            made.append((found, answered))
            if not as_json and unread is None:
                unread = _unread([*_request_lines(found), sentence(became(answered, profile.clock.now()))])
    except KeyboardInterrupt as error:
        interrupt = error
    if unread is not None:
        raise unread
    confirmed = sum(answered.outcome is Outcome.RECALLED for _, answered in made)
    told = [all_asked(confirmed, len(every), 0 if interrupt else len(every) - len(made))] if every else [ALL_RECALLED]
    told += [INTERRUPTED] if interrupt else []
    told += [EFFECT] if confirmed else []
    if as_json:
        recalls = [{"requests": _requests_json(found), "attempt": departure_json(each)} for found, each in made]
        print_json({"recalls": recalls, "told": told})
    else:
        for line in told:
            print_line(line)
    if interrupt is not None:
        raise interrupt
    return max((_exit_code(answered) for _, answered in made), default=Exit.DONE)


def _request_lines(found: FoundRecall) -> list[str]:
    requests = [f"{request.method} {request.url}" for request in found.requests]
    several = zip(found.requests[0].headers, found.requests[-1].headers, strict=True)
    headers = [
        (name, value if value == last else f"{value} (of the last {last})") for (name, value), (_, last) in several
    ]
    return [*requests, with_headers(headers, found.proxy)]


def _unread(lines: Iterable[str]) -> OSError | None:
    """Print lines, and return the error if that fails: what was agreed to is done, whether or not somebody reads it."""
    try:
        print_lines(lines)
    except OSError as error:
        return error
    return None


def _requests_json(found: FoundRecall) -> list[dict[str, object]]:
    return [{"method": each.method, "url": each.url, "headers": dict(each.headers)} for each in found.requests]


def _exit_code(made: Departure) -> int:
    if made.outcome is Outcome.RECALLED:
        return Exit.DONE
    return Exit.NO if made.status else Exit.USAGE
