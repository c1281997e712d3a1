"""`shimmy config --metrics ACTION`: call the action, print what it returned.

What machines read (`preview`, `export`, `status --json`) is alone on standard output; words for people go to standard
error. `enable`, `disable`, `status` and `validate` answer a person on standard output.
"""

import contextlib
import sys

from shimmy_metrics.cli.arguments import ConfigArguments, config_arguments
from shimmy_metrics.consent import Consent, Delivery
from shimmy_metrics.errors import Exit, TroubleError
from shimmy_metrics.system.profile import Profile


def config(arguments: list[str]) -> int:
    """Run the action that the arguments name; return its exit code. Raises `TroubleError`."""
    wanted = config_arguments(arguments)
    profile = Profile.current()
    match wanted.action:
        case "enable":
            return _enable(profile)
        case "disable":
            return _disable(profile)
        case "status":
            return _status(profile, wanted)
        case "preview":
            return _preview(profile)
        case "export":
            return _export(profile)
        case _:
            return _validate(profile, wanted)


def _enable(profile: Profile) -> int:
    from shimmy_metrics.actions.decide import enable
    from shimmy_metrics.actions.summary import summary
    from shimmy_metrics.wording import amount, obstacle

    news = summary(profile).news
    decided = enable(profile)
    _say("Metrics are on." if decided.changed else "Metrics were on already.")
    _say("The server's next start is measured; its report goes out after it stops.")
    _say(f"To {decided.decision.endpoint}")
    _say("See what would be sent: shimmy config --metrics preview. Withdraw: shimmy config --metrics disable.")
    if news:
        _say(f"It covers {amount(news, 'field')} more than your yes did: see shimmy config --metrics preview.")
    hindrance = obstacle(summary(profile).standing)
    if hindrance:
        _say(hindrance)
    return Exit.DONE


def _disable(profile: Profile) -> int:
    from shimmy_metrics.actions.decide import decline
    from shimmy_metrics.wording import deleted

    decided = decline(profile)
    lost = decided.deleted
    _say("Metrics are off." if decided.changed else "Metrics were off already.")
    told = deleted(reports=lost.reports, sessions=lost.sessions, requests=lost.requests)
    _say(f"Deleted: {told or '0 reports not sent, 0 requests counted'}.")
    if not lost.whole:
        _say("Their bytes are still in the store's log, which another program reads; run this again to drop them.")
    return Exit.DONE


def _status(profile: Profile, wanted: ConfigArguments) -> int:
    from shimmy_metrics.actions.summary import summary
    from shimmy_metrics.cli.status import as_json, as_lines

    found = summary(profile)
    if wanted.json:
        _put(as_json(found))
    else:
        for line in as_lines(found):
            _say(line)
    return Exit.DONE


def _preview(profile: Profile) -> int:
    from shimmy_metrics.actions.preview import Basis, preview
    from shimmy_metrics.machine.gather import gather
    from shimmy_metrics.wording import amount, obstacle

    found = preview(profile, gather(profile.environment.get("TZ") or None))
    _put(found.request.body)
    _remark_unread(profile)
    match found.basis:
        case Basis.PENDING:
            _remark(f"{amount(len(found.request.reports), 'sealed report')}, {len(found.request.body):,} bytes.")
        case Basis.SESSION:
            _remark("The running session, as it would be if it were sealed now.")
        case Basis.EXAMPLE:
            _remark("An example: this machine's facts, and a session in which nothing happened.")
    decision = found.standing.decision
    if obstacle(found.standing):
        _remark(obstacle(found.standing))
    elif decision.local:
        _remark("It will not go: metrics are only for you.")
    elif decision.consent is not Consent.GRANTED:
        _remark("It will not go: metrics are not enabled.")
    elif decision.delivery is Delivery.REVIEW:
        _remark("It will not go by itself: reports are held until you release them in the app.")
    return Exit.DONE


def _export(profile: Profile) -> int:
    from shimmy_metrics.actions.export import export

    _put(export(profile))
    _remark_unread(profile)
    return Exit.DONE


def _validate(profile: Profile, wanted: ConfigArguments) -> int:
    from shimmy_metrics.actions.validate import validate_given, validate_held
    from shimmy_metrics.wording import findings

    found = validate_held(profile) if wanted.file is None else validate_given(_read(wanted.file), profile)
    for line in findings(found.faults, found.canaries, found.checked, held=wanted.file is None):
        _say(line)
    if wanted.file is None:
        _remark_unread(profile)
    return Exit.DONE if found.ok else Exit.NO


def _read(file: str) -> bytes:
    from pathlib import Path

    from shimmy_metrics.limits import VALIDATE_BYTES
    from shimmy_metrics.system.files import read_bounded

    if file == "-":
        data = sys.stdin.buffer.read(VALIDATE_BYTES + 1)
        if len(data) > VALIDATE_BYTES:
            raise TroubleError(f"larger than {VALIDATE_BYTES:,} bytes", where="standard input", remedy="Shorten it")
        return data
    found = read_bounded(Path(file), VALIDATE_BYTES) if file else None
    if found is None:
        raise TroubleError("there is no such file", where=file or "''", remedy="Name a report, an array or an export")
    return found


def _put(data: bytes) -> None:
    sys.stdout.buffer.write(data if data.endswith(b"\n") or not sys.stdout.isatty() else data + b"\n")
    sys.stdout.buffer.flush()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _remark_unread(profile: Profile) -> None:
    from shimmy_metrics.actions.unread import unread
    from shimmy_metrics.wording import UNREAD

    if unread(profile):
        _remark(UNREAD)


def _remark(line: str) -> None:
    with contextlib.suppress(OSError):  # it is said beside the answer, which is what counts
        sys.stderr.write(f"{line}\n")
