"""`shimmy-metrics hold` and `delete`: one waiting report, a session kept for the person, or all receipts."""

from collections.abc import Iterator

from shimmy_metrics.actions.kept_session import FoundSession, delete_kept_session, find_kept_session
from shimmy_metrics.actions.outbox import FoundReport, delete, find_report, hold_back
from shimmy_metrics.actions.receipts import Deletable, ReceiptsDeleted, deletable, delete_receipts
from shimmy_metrics.cli.agreement import agreed
from shimmy_metrics.cli.output import print_json
from shimmy_metrics.cli.purge_first import purge_first
from shimmy_metrics.errors import UserError
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.records import QueueState
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line
from shimmy_metrics.wording.deletions import NOT_RECALLED, deleted, ids_go, never_left, receipts_deleted
from shimmy_metrics.wording.departures import OVERDUE, sentence, set_aside
from shimmy_metrics.wording.numbers import amount, duration, when
from shimmy_metrics.wording.schedule import NOT_SENT_AFTER

RECEIPTS = "receipts"
"""The word that names all receipts, where an ID would name a report."""

_ALL = "all"
"""What `release` and `recall` take, and this does not."""

_COMMAND = "shimmy-metrics delete"


def hold_report(profile: Profile, word: str, *, as_json: bool) -> int:
    """Hold the named report until it is released; return the exit code, 1 if it is not due any more.

    Raises `UserError`.
    """
    with purge_first(profile):
        found = find_report(profile, word)
    report, overdue = found.report, found.report.overdue(profile.clock.now())
    done = not overdue and hold_back(profile, report.row_id)
    if report.state is QueueState.SET_ASIDE:
        line = f"Set aside: {set_aside(report)}. It is not sent automatically."
    elif overdue:
        line = sentence(OVERDUE)
    else:
        line = f"Held until you release it. {NOT_SENT_AFTER}" if done else "Gone already, or on its way."
    _print(line, found, as_json=as_json, done=done)
    return Exit.DONE if done else Exit.NO


def delete_named(profile: Profile, word: str, *, yes: bool, as_json: bool) -> int:
    """Ask, then delete the named report or kept session, or the bytes of all receipts; return the exit code.

    It is 1 if nothing was deleted. `all` is refused. Raises `UserError`.
    """
    if word == _ALL:
        remedy = "shimmy-metrics forget deletes everything but the config, shimmy-metrics delete receipts all receipts"
        raise UserError("takes one report or session, or receipts", where=_COMMAND, remedy=remedy)
    if word == RECEIPTS:
        return _delete_receipts(profile, yes=yes, as_json=as_json)
    with purge_first(profile):
        kept = find_kept_session(profile, word)
    if kept is not None:
        return _delete_session(profile, kept, yes=yes, as_json=as_json)
    return _delete_report(profile, find_report(profile, word, or_session=True), yes=yes, as_json=as_json)


def _delete_session(profile: Profile, found: FoundSession, *, yes: bool, as_json: bool) -> int:
    session, now = found.session, profile.clock.now()
    counters = session.counters
    question = (
        f"Its figures: {when(session.started, now)}, {duration(counters.uptime_s)}, "
        f"{amount(counters.requests, 'request')}, {amount(counters.tokens, 'token')}. "
        f"{sentence(never_left(found.departure, now))} Your sums by day stay.",
    )
    if not yes and not agreed(question, "Delete this session?", _COMMAND):
        return Exit.NO
    made = delete_kept_session(profile, session.row_id)
    line = deleted(made.departure, now) if made.gone else "Already gone."
    if as_json:
        print_json({"session_id": session.report_id, "done": made.gone, "told": [line]})
    else:
        print_line(line)
    return Exit.DONE if made.gone else Exit.NO


def _delete_report(profile: Profile, found: FoundReport, *, yes: bool, as_json: bool) -> int:
    if not yes and not agreed(_report_question(profile, found), "Delete this report?", _COMMAND):
        return Exit.NO
    made = delete(profile, found.report.row_id)
    told = deleted(made.departure, profile.clock.now(), older=found.report.unrecorded)
    line = told if made.gone else "Already gone."
    _print(line, found, as_json=as_json, done=made.gone)
    return Exit.DONE if made.gone else Exit.NO


def _report_question(profile: Profile, found: FoundReport) -> tuple[str, ...]:
    report, now = found.report, profile.clock.now()
    return (
        f"{len(report.body):,} bytes, made {when(report.sealed, now)}, sha256 {report.sha256}.",
        sentence(never_left(found.departure, now, older=report.unrecorded)),
        "History notes that one was deleted by you, not what was in it.",
    )


def _receipts_question(found: Deletable) -> Iterator[str]:
    size = sum(len(departure.body) for departure in found.receipts)
    if found.receipts:
        number = amount(len(found.receipts), "receipt")
        yield f"The bytes of {number} are deleted, {size:,} in all: your own proof of what was in them."
    if found.attempts:
        yield f"Deleted {'as well' if found.receipts else 'here'}: {ids_go(found.attempts)}."
    yield f"{NOT_RECALLED} That something left, when, where to and its digest stay on record."


def _delete_receipts(profile: Profile, *, yes: bool, as_json: bool) -> int:
    with purge_first(profile):
        found = deletable(profile)
    something = bool(found.receipts or found.attempts)
    question = "Delete every receipt?" if found.receipts else "Delete these ids?"
    if something and not yes and not agreed(tuple(_receipts_question(found)), question, _COMMAND):
        return Exit.NO
    gone = delete_receipts(profile, found.departures) if something else ReceiptsDeleted()
    line = receipts_deleted(*gone) if something else "No receipt is kept here."
    if as_json:
        print_json({"receipts": gone.receipts, "attempts": gone.attempts, "told": [line]})
    else:
        print_line(line)
    return Exit.DONE


def _print(line: str, found: FoundReport, *, as_json: bool, done: bool) -> None:
    if as_json:
        report = found.report
        print_json({"session_id": report.report_id, "sha256": report.sha256, "done": done, "told": [line]})
    else:
        print_line(line)
