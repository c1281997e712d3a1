"""The two console commands. Decides between ours and a hand-over; everything else is imported when it is wanted.

A hand-over loads nothing of ours but `system/handover`, so that standing in for the binary costs little more than
starting Python.
"""

import os
import sys
from typing import Final, NoReturn

_VALUED: Final = frozenset({"--model-dirs", "--gpu-backend", "--n-cpu-moe", "--kv-quant", "--prefill-chunk", "--ctx"})
"""Shimmy's global options that take a value; they may stand before the word (seen in version 2.6.5)."""


def shimmy() -> int:
    """Stand in for the real binary: our words are ours, every other is handed over. Returns an exit code."""
    return _guarded(sys.argv[1:], own_name=False)


def shimmy_metrics() -> int:
    """Run the same program under its own name, with its own `--help` and `--version`. Returns an exit code."""
    return _guarded(sys.argv[1:], own_name=True)


def split_word(arguments: list[str]) -> tuple[list[str], str, list[str]]:
    """Split a command line into the options before the word, the word (empty where there is none), and the rest."""
    index = 0
    while index < len(arguments) and arguments[index].startswith("-"):
        index += 2 if arguments[index] in _VALUED else 1
    return arguments[:index], arguments[index] if index < len(arguments) else "", arguments[index + 1 :]


def _guarded(arguments: list[str], *, own_name: bool) -> int:
    """Run; whatever a person has to know is one line on standard error, never a traceback."""
    try:
        return _run(arguments, own_name=own_name)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing is left to say. Python would complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:  # noqa: BLE001 - the boundary to the person
        from shimmy_metrics.errors import Exit, TroubleError

        if not isinstance(error, TroubleError):
            error = TroubleError(
                f"an error of ours ({type(error).__name__})", remedy="Nothing was sent; please report it"
            )
        try:
            sys.stderr.write(f"shimmy-metrics: {error}\n")
            sys.stderr.flush()
        except (OSError, ValueError, AttributeError):
            pass  # standard error is closed, or its terminal is gone: nobody is there to be told
        return int(error.code) or int(Exit.USAGE)


def _run(arguments: list[str], *, own_name: bool) -> int:
    before, word, rest = split_word(arguments)
    if own_name and not word:
        return _about(before)
    match word:
        case "serve":
            from shimmy_metrics.cli.serving import serve

            return serve(before, rest)
        case "config":
            from shimmy_metrics.cli.config import config

            return config(rest)
        case "tui":
            from shimmy_metrics.cli.opening import tui

            return tui(rest)
        case "demo":
            from shimmy_metrics.cli.opening import demo

            return demo(rest)
    return _hand_over(arguments, help_after=not word and ("--help" in before or "-h" in before))


def _about(options: list[str]) -> int:
    """Answer `shimmy-metrics`, `--help` and `--version`."""
    from shimmy_metrics import __version__
    from shimmy_metrics.cli.arguments import HELP, no_arguments

    if options == ["--version"]:
        print(f"shimmy-metrics {__version__}")  # noqa: T201 - the answer
    elif options in ([], ["--help"], ["-h"]):
        print(HELP, end="")  # noqa: T201 - the answer
    else:
        no_arguments("", options)
    return 0


def _hand_over(arguments: list[str], *, help_after: bool) -> NoReturn:
    from shimmy_metrics.system.handover import hand_over, real_binary

    variables = dict(os.environ)  # noqa: TID251 - the hand-over's way loads nothing, system/environment neither
    binary = real_binary(variables)
    if help_after:
        from shimmy_metrics.cli.arguments import HELP

        status = os.spawnve(os.P_WAIT, binary, [binary, *arguments], variables) if binary else 0  # noqa: S606 - its text first
        print(HELP, end="")  # noqa: T201 - then ours
        sys.exit(status)
    if binary is None:
        from shimmy_metrics.errors import Exit, TroubleError

        remedy = "Install it (cargo install shimmy) or name it in SHIMMY_BIN"
        raise TroubleError("no shimmy server found on PATH", remedy=remedy, code=Exit.NO_SERVER)
    try:
        hand_over(binary, arguments, variables)
    except OSError as error:
        from shimmy_metrics.errors import Exit, TroubleError

        reason = (error.strerror or "it cannot be run").lower()
        raise TroubleError(reason, where=binary, remedy="Check SHIMMY_BIN", code=Exit.NO_SERVER) from error
