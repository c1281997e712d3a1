"""The two console commands. Decides between ours and a hand-over; everything else is imported when it is wanted.

A hand-over loads nothing of ours but `system/handover`, so that standing in for the binary costs little more than
starting Python.
"""

import contextlib
import gc
import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import TextIO

    from shimmy_metrics.errors import UserError

_VALUED: Final = frozenset({"--model-dirs", "--gpu-backend", "--n-cpu-moe", "--kv-quant", "--prefill-chunk", "--ctx"})
"""Shimmy's global options that take a value; they may stand before the word (seen in version 2.6.5)."""

_OURS_ALONE: Final = frozenset({"config", "tui", "demo"})
OWN_COMMANDS: Final = frozenset({"files", "forget", "preview", "release", "usage"})
"""Words under our own name alone. They are kept here, since a hand-over must not load what runs them."""

_ISSUES: Final = "https://github.com/Michael-A-Kuykendall/shimmy/issues"

_HELP: Final = frozenset({"-h", "--help"})


def shimmy() -> int:
    """Stand in for the real binary: our words are ours, every other is handed over. Returns an exit code."""
    return _guarded(sys.argv[1:], own_name=False)


def shimmy_metrics() -> int:
    """Run the same program under its own name, with its own `--help` and `--version`. Returns an exit code."""
    return _guarded(sys.argv[1:], own_name=True)


def split_command(arguments: list[str]) -> tuple[list[str], str, list[str]]:
    """Split a command line into the options before the word, the word (empty where there is none), and the rest."""
    index = 0
    while index < len(arguments) and arguments[index].startswith("-"):
        index += 2 if arguments[index] in _VALUED else 1
    return arguments[:index], arguments[index] if index < len(arguments) else "", arguments[index + 1 :]


def _guarded(arguments: list[str], *, own_name: bool) -> int:
    """Run; whatever a person has to know is one line on standard error, never a traceback."""
    _fill_streams()
    try:
        code = _run(arguments, own_name=own_name)
        sys.stdout.flush()  # not at Python's exit, which has words of its own for it
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing is left to say.
        _drop(sys.stdout)
        return 141
    except Exception as error:  # noqa: BLE001 - the boundary to the person
        from shimmy_metrics.exit_codes import Exit

        trouble = _explained(error)
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"shimmy-metrics: {trouble}\n")
        return int(trouble.code) or int(Exit.USAGE)
    finally:
        gc.freeze()  # nor does Python search all of it for garbage at its exit: that is an eighth of a short command
        try:
            sys.stderr.flush()
        except (OSError, ValueError):
            _drop(sys.stderr)  # it is full, or its terminal is gone: nobody is there to be told


def _fill_streams() -> None:
    """Put something in the place of a standard stream that is closed; else the next file opened would take its number.

    Reads find the end, an answer is refused, what is said beside it is dropped. For the real server the stream stays
    closed: what stands there is not inherited.
    """
    closed = (("stdin", "r", os.O_RDONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY))
    for name, mode, flags in closed:
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, flags), mode))  # noqa: SIM115 - as long as we live


def _drop(stream: "TextIO") -> None:
    """Let what is still to be written there go nowhere: at its exit Python would try again, and complain."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _explained(error: Exception) -> "UserError":
    import errno

    from shimmy_metrics.errors import UserError, reason_of

    if isinstance(error, UserError):
        return error
    refused = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
    if isinstance(error, OSError) and error.filename is None and error.errno in refused:
        _drop(sys.stdout)
        what = f"cannot be written: {reason_of(error)}"
        return UserError(what, where="standard output", remedy="Nothing else was lost")
    return UserError(f"an internal error ({type(error).__name__})", remedy=f"Please report it at {_ISSUES}")


def _run(arguments: list[str], *, own_name: bool) -> int:
    before, word, rest = split_command(arguments)
    if own_name and not word:
        return _about(before)
    own_word = own_name and word in OWN_COMMANDS
    if (own_word or word in _OURS_ALONE) and not _HELP.isdisjoint(rest):
        from shimmy_metrics.cli.command_help import COMMAND_HELP

        print(COMMAND_HELP[word], end="")  # noqa: T201 - the answer
        return 0
    if own_word:
        from shimmy_metrics.cli.cmd_own import run

        return run(word, rest)
    match word:
        case "serve":
            from shimmy_metrics.cli.cmd_serve import serve

            return serve(before, rest)
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
    if word:
        return _hand_over(arguments, word=word, own_name=own_name)
    return _hand_over(arguments, help_after=not _HELP.isdisjoint(before))


def _about(options: list[str]) -> int:
    """Answer `shimmy-metrics`, `--help` and `--version`."""
    from shimmy_metrics import __version__
    from shimmy_metrics.cli.arguments import HELP, OWN_HELP, no_arguments

    if options == ["--version"]:
        print(f"shimmy-metrics {__version__}")  # noqa: T201 - the answer
    elif options in ([], ["--help"], ["-h"]):
        print(HELP + OWN_HELP, end="")  # noqa: T201 - the answer
    else:
        no_arguments("", options)
    return 0


def _hand_over(arguments: list[str], *, help_after: bool = False, word: str = "", own_name: bool = False) -> int:
    from shimmy_metrics.system.handover import hand_over, missing, real_binary, refused

    variables = dict(os.environ)  # noqa: TID251 - the hand-over's way loads nothing, system/environment neither
    binary = real_binary(variables)
    if help_after:
        from shimmy_metrics.cli.arguments import HELP

        status = os.spawnve(os.P_WAIT, binary, [binary, *arguments], variables) if binary else 0  # noqa: S606 - its text first
        print(HELP, end="")  # noqa: T201 - then ours
        return status
    if binary is None:
        trouble = missing(variables)
        if word and not variables.get("SHIMMY_BIN"):
            from shimmy_metrics.cli.arguments import unknown_command

            trouble = unknown_command(word, trouble, own_name=own_name)
        raise trouble
    try:
        hand_over(binary, arguments, variables)
    except OSError as error:
        raise refused(binary, variables, error) from error
