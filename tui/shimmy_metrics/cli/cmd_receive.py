"""`shimmy-metrics receive`: the other end, for whoever operates it.

Each action is a function of its arguments that returns the exit code; what it runs is imported there.
"""

import errno
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shimmy_metrics.cli import cmd_receive_actions
from shimmy_metrics.cli.arguments import parsed, refusal
from shimmy_metrics.cli.output import print_stderr
from shimmy_metrics.cli.receive_extra import require_extra
from shimmy_metrics.cli.receive_table import RECEIVE
from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.system.profile import Profile

if TYPE_CHECKING:
    from shimmy_metrics.receiver.listener import Address
    from shimmy_metrics.receiver.run import Options

Arguments = Mapping[str, Any]

_AS_ITS_USER: Final = "Do this as the receiver's user, and let that user read and write there"
_MAKE_ROOM: Final = "Free space on its disk, then try again"
_REMEDIES: Final = {
    errno.EACCES: _AS_ITS_USER,
    errno.EPERM: _AS_ITS_USER,
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
}
"""What to do about an error of the folder, by its number."""


def receive(arguments: list[str]) -> int:
    """Run the receiver, or the action that the first argument names; return the exit code. Raises `UserError`."""
    command = RECEIVE.chosen(arguments)
    given = parsed(command, arguments if command is RECEIVE else arguments[1:])
    data = data_folder(given)
    with _folder_errors(data):
        return _serve(given) if command is RECEIVE else _RUN[command.name](given, data)


@contextmanager
def _folder_errors(data: Path) -> Iterator[None]:
    """Raise `UserError` for what is wrong with the folder or its disk: a file that cannot be read, no space left."""
    from shimmy_metrics.receiver.store import StoreError

    try:
        yield
    except StoreError as error:
        remedy = "Put that right, then try again"  # it may be the disk, another process or a server of a cluster
        raise UserError(f"the store cannot be used: {error}", where=str(data), remedy=remedy) from None
    except OSError as error:
        refused = str(error.filename or "")
        if not refused.startswith(str(data)):
            raise
        remedy = _REMEDIES.get(error.errno or 0, "Put that right, then try again")
        raise UserError(f"cannot be used: {reason_of(error)}", where=refused, remedy=remedy) from None


def data_folder(given: Arguments) -> Path:
    """Return where the receiver keeps everything: `--data`, else beside the person's own state."""
    return Path(given.get("data") or Profile.current().state_path.with_name("shimmy-receiver")).absolute()


def _serve(given: Arguments) -> int:
    require_extra()
    from shimmy_metrics.receiver.run import run  # these load uvicorn, asyncio and sqlite3

    options = _options(given)
    run(options, lambda address: _announce(address, options))
    return Exit.DONE


def _announce(address: "Address", options: "Options") -> None:
    from shimmy_metrics.receiver.folder import Folder
    from shimmy_metrics.receiver.programme import ENDED

    print_stderr(_listening(address, options))
    if Folder(options.data).ended.exists():
        print_stderr(ENDED)


def _options(given: Arguments) -> "Options":
    from shimmy_metrics.receiver import listener
    from shimmy_metrics.receiver.run import Options

    if (given["tls_cert"] is None) != (given["tls_key"] is None):
        raise refusal(RECEIVE, "--tls-cert and --tls-key go together")
    return Options(
        data_folder(given),
        listener.parse(given["listen"] or listener.DEFAULT),
        _trusted_proxy(given["trusted_proxy"] or ""),
        listener.tls_context(given["tls_cert"], given["tls_key"]) if given["tls_cert"] else None,
        _group_size(given["own"]),
        given["store"],
    )


def _trusted_proxy(text: str) -> str:
    from ipaddress import ip_address

    try:
        return text if text in ("", "unix") else str(ip_address(text))
    except ValueError:
        raise refusal(RECEIVE, f"--trusted-proxy takes an address such as 127.0.0.1, or unix, not {text!a}") from None


def _group_size(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise refusal(RECEIVE, f"--own takes a number, not {text[:20]!a}")
    return int(text)


def _listening(address: "Address", options: "Options") -> str:
    """Return the line that tells where it listens and what senders are to set."""
    from shimmy_metrics.receiver.response import PATH

    where = f"Receiving at {address}, into {options.data}."
    if options.tls is not None:
        return (
            f"{where} Senders set SHIMMY_METRICS_ENDPOINT=https://NAME:{address.port}{PATH}, by the certificate's NAME"
        )
    if options.trusted_proxy or address.path:
        return f"{where} Senders set SHIMMY_METRICS_ENDPOINT=https://NAME{PATH}, by the NAME of the proxy in front"
    if address.loopback:
        return f"{where} Senders on this machine set SHIMMY_METRICS_ENDPOINT={address.url}"
    return (
        f"{where} Senders elsewhere send to https alone: put a proxy in front (shimmy-metrics receive deploy nginx), "
        "or give --tls-cert and --tls-key"
    )


def _deploy(given: Arguments) -> int:
    from shimmy_metrics.receiver import deploy

    sys.stdout.write(deploy.text(given["kind"]))
    return Exit.DONE


_RUN: Final[Mapping[str, Callable[[Arguments, Path], int]]] = {
    "deploy": lambda given, _: _deploy(given),
    "week": cmd_receive_actions.week,
    "status": cmd_receive_actions.status,
    "retain": cmd_receive_actions.retain,
    "verify-retention": cmd_receive_actions.verify_retention,
    "deliver": cmd_receive_actions.deliver,
    "end": cmd_receive_actions.end,
    "rotate-key": cmd_receive_actions.rotate_key,
    "operator": cmd_receive_actions.operator,
}
"""What each action runs, by its word."""
