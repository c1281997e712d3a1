"""The two console commands: run ours, hand everything else over. Modules are imported when they are needed.

A hand-over loads nothing of ours but `system/handover` and `system/environment`, so that it costs little more than
starting Python. For the same reason neither `typing` nor `contextlib` is imported here.
"""

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final, TextIO

    from shimmy_metrics.errors import UserError

_VALUED: "Final" = frozenset({"--model-dirs", "--gpu-backend", "--n-cpu-moe", "--kv-quant", "--prefill-chunk", "--ctx"})
"""Shimmy's global options that take a value; they may stand before the word (seen in version 2.6.5)."""

_ISSUES: "Final" = "https://github.com/Michael-A-Kuykendall/shimmy/issues"

_HELP: "Final" = frozenset({"-h", "--help"})
_VERSION: "Final" = frozenset({"-V", "--version"})


def shimmy() -> int:
    """Stand in for the real binary: run our commands, hand over every other. Returns an exit code."""
    return _run_guarded(sys.argv[1:], own_name=False)


def shimmy_metrics() -> int:
    """Run the same program under its own name, with its own `--help` and `--version`. Returns an exit code."""
    return _run_guarded(sys.argv[1:], own_name=True)


def split_command(arguments: list[str]) -> tuple[list[str], str, list[str]]:
    """Split a command line into the options before the command, the command (empty without one), and the rest."""
    index = 0
    while index < len(arguments) and arguments[index].startswith("-"):
        index += 2 if arguments[index] in _VALUED else 1
    return arguments[:index], arguments[index] if index < len(arguments) else "", arguments[index + 1 :]


def _run_guarded(arguments: list[str], *, own_name: bool) -> int:
    """Run the command; report any error as one line on standard error, never a traceback."""
    _fill_streams()
    try:
        code = _run(arguments, own_name=own_name)
        sys.stdout.flush()  # not at Python's exit, which would print its own message
        return code
    except KeyboardInterrupt:
        from shimmy_metrics.cli.interrupt import end_interrupted

        return end_interrupted()
    except BrokenPipeError:
        # The reader of our output went away (`| head`).
        _discard(sys.stdout)
        return 141
    except Exception as error:  # noqa: BLE001 - the boundary to the person
        import contextlib

        from shimmy_metrics.exit_codes import Exit

        error = _to_user_error(error, arguments)
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"shimmy-metrics: {error}\n")
        return int(error.code) or int(Exit.USAGE)
    finally:
        gc.freeze()  # Python skips the garbage search at exit: an eighth of a short command's time
        try:
            sys.stderr.flush()
        except (OSError, ValueError):
            _discard(sys.stderr)  # it is full, or its terminal is gone


def _fill_streams() -> None:
    """Replace a closed standard stream; otherwise the next file opened would take its number.

    stdin reads as EOF, writing to stdout fails, stderr is discarded. The real server does not inherit the replacement:
    for it the stream stays closed.
    """
    closed = (("stdin", "r", os.O_RDONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY))
    for name, mode, flags in closed:
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, flags), mode))  # noqa: SIM115 - as long as we live


def _discard(stream: "TextIO") -> None:
    """Discard what is still buffered: at exit Python would try to write it again, and complain."""
    import contextlib

    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _to_user_error(error: Exception, arguments: list[str]) -> "UserError":
    import errno

    from shimmy_metrics.errors import UserError

    if isinstance(error, UserError):
        return error
    refused = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
    if isinstance(error, OSError) and error.filename is None and error.errno in refused:
        from shimmy_metrics.cli.unwritten import unwritten

        _discard(sys.stdout)
        _, command, rest = split_command(arguments)
        return unwritten(error, command, rest, helped=not _HELP.isdisjoint(rest))
    return UserError(f"an internal error ({type(error).__name__})", remedy=f"Please report it at {_ISSUES}")


def _run(arguments: list[str], *, own_name: bool) -> int:
    before, command, rest = split_command(arguments)
    helped = not _HELP.isdisjoint(rest)
    match command:
        case "":
            return _about(before, own_name=own_name)
        case "serve" if helped:
            return _serve_help(arguments, own_name=own_name)
        case "config" | "tui" | "demo" if helped:
            return _write(_help_of(command))
        case "serve":
            return _serve(arguments, before, rest)
        case "config":
            gc.disable()  # it is over before there could be anything to collect
            from shimmy_metrics.cli.cmd_config import config

            return config(rest)
        case "tui":
            from shimmy_metrics.cli.cmd_tui import tui

            return tui(rest)
        case "demo":
            from shimmy_metrics.cli.cmd_tui import demo

            return demo(rest)
    if own_name:
        from shimmy_metrics.cli.command_table import OWN  # a hand-over as `shimmy` must not load the list

        if command in OWN:
            return _run_own(command, rest, helped=helped)
        if command == "help":
            return _help_on(rest)
        from shimmy_metrics.cli.arguments import other_word

        slip = other_word(command)
        if slip is not None:
            raise slip
    return _hand_over(arguments, command=command, own_name=own_name)


def _run_own(command: str, rest: list[str], *, helped: bool) -> int:
    if helped:
        return _write(_help_of(command, rest))
    from shimmy_metrics.cli.cmd_own import run

    return run(command, rest)


def _help_on(words: list[str]) -> int:
    """Answer `shimmy-metrics help`: the list of commands, or the help of the one named. Raises `UserError`."""
    from shimmy_metrics.cli.arguments import no_such_command
    from shimmy_metrics.cli.command_table import COMMANDS

    command, *rest = [word for word in words if word not in _HELP] or [""]
    if command in ("", "help"):
        return _about([], own_name=True)
    if command not in COMMANDS:
        raise no_such_command(command)
    return _write(_help_of(command, rest))


def _about(options: list[str], *, own_name: bool) -> int:
    """Answer options without a command: `--help`, `--version`, or the real binary's own."""
    version, helped = not _VERSION.isdisjoint(options), not _HELP.isdisjoint(options)
    if own_name:
        if options in (["--version"], ["-V"]):
            return _write(_version())
        if options not in ([], ["--help"], ["-h"]):
            from shimmy_metrics.errors import UserError

            raise UserError(f"unrecognized arguments: {' '.join(options)}", remedy="See shimmy-metrics --help")
        from shimmy_metrics.cli.command_help import own_help, shared_help

        return _write(shared_help(_columns()) + own_help(_columns()))
    if helped:
        from shimmy_metrics.cli.command_help import shared_help

        return _real_and_ours(options, shared_help(_columns()))
    return _real_or_ours(options, _version()) if version else _hand_over(options)


def _serve(arguments: list[str], before: list[str], rest: list[str]) -> int:
    """Serve. Where that is a hand-over and nothing else, what decides it otherwise is not even loaded."""
    if _names_upstream(arguments):
        from shimmy_metrics.cli.cmd_serve import serve_upstream

        return serve_upstream([*before, *rest])
    from shimmy_metrics.cli.tty import at_terminal
    from shimmy_metrics.serve.plainly_off import plainly_off
    from shimmy_metrics.system.environment import Environment

    if plainly_off(Environment.current(), asking=at_terminal()):
        return _hand_over(arguments)
    gc.disable()  # what is loaded from here to the first client stays: searching it for garbage takes milliseconds
    from shimmy_metrics.cli.cmd_serve import serve

    return serve(before, rest)


def _serve_help(arguments: list[str], *, own_name: bool) -> int:
    ours = _help_of("serve")
    return _write(ours) if own_name or _names_upstream(arguments) else _real_and_ours(arguments, ours)


def _names_upstream(arguments: list[str]) -> bool:
    """Whether a server that runs already is to be measured."""
    return any(argument.partition("=")[0] == "--upstream" for argument in arguments)


def _help_of(command: str, rest: "Sequence[str]" = ()) -> str:
    from shimmy_metrics.cli.command_help import command_help
    from shimmy_metrics.cli.command_table import COMMANDS

    return command_help(COMMANDS[command].chosen(rest), _columns())


def _columns() -> int:
    from shimmy_metrics.system.text_output import columns

    return columns() - 1  # some terminals print an empty row after a full one


def _version() -> str:
    from shimmy_metrics import __version__

    return f"shimmy-metrics {__version__}\n"


def _write(text: str) -> int:
    sys.stdout.write(text)
    return 0


def _real_and_ours(arguments: list[str], ours: str) -> int:
    """Let the real binary print its text first, and return its status; without one print ours, and that it is missing.

    Our part is an answer, so the exit code is 0 then.
    """
    from shimmy_metrics.system.handover import missing, real_binary

    variables = _variables()
    binary = real_binary(variables)
    status = os.spawnve(os.P_WAIT, binary, [binary, *arguments], variables) if binary else 0  # noqa: S606 - its text first
    _write(ours)
    if binary is None:
        sys.stdout.flush()
        sys.stderr.write(f"shimmy-metrics: {missing(variables)}\n")
    return status


def _real_or_ours(arguments: list[str], ours: str) -> int:
    """Hand over; without a real binary print our part, and that it is missing."""
    from shimmy_metrics.system.handover import real_binary

    variables = _variables()
    return _hand_over(arguments) if real_binary(variables) else _real_and_ours(arguments, ours)


def _hand_over(arguments: list[str], *, command: str = "", own_name: bool = False) -> int:
    from shimmy_metrics.system.handover import hand_over, missing, real_binary, refused

    variables = _variables()
    binary = real_binary(variables)
    if binary is None:
        error = missing(variables)
        if command and not variables.get("SHIMMY_BIN"):
            from shimmy_metrics.cli.arguments import unknown_command

            error = unknown_command(command, error, own_name=own_name)
        raise error
    try:
        hand_over(binary, arguments, variables)
    except OSError as error:
        raise refused(binary, variables, error) from error


def _variables() -> dict[str, str]:
    from shimmy_metrics.system.environment import Environment

    return dict(Environment.current().variables)
