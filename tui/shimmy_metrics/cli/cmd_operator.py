"""`shimmy-metrics operator`: what the receiver that is set says of who runs it."""

from typing import Any

from shimmy_metrics.actions.operator import OperatorAnswer, ask_operator, operator_asked
from shimmy_metrics.cli.output import print_json
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.system.text_output import print_line
from shimmy_metrics.wording.operator import operator_lines
from shimmy_metrics.wording.receiver import with_headers


def operator(profile: Profile, *, as_json: bool) -> int:
    """Ask, and print what came back; return the exit code: 1 where nothing is published, 2 where nobody answered.

    Raises `UserError`.
    """
    found = ask_operator(profile, operator_asked(profile))
    request = found.request
    if as_json:
        print_json(_as_json(found))
    else:
        for line in (f"{request.method} {request.url}", with_headers(request.headers, found.proxy)):
            print_line(line)
        for line in operator_lines(found):
            print_line(line)
    if found.name:
        return Exit.DONE
    return Exit.NO if found.status else Exit.USAGE


def _as_json(found: OperatorAnswer) -> dict[str, Any]:
    request = found.request
    return {
        "request": {"method": request.method, "url": request.url, "headers": dict(request.headers)},
        "status": found.status or None,
        "failure": found.failure.value or None,
        "name": found.name or None,
        "text": found.text or None,
        "k": found.k or None,
    }
