"""`shimmy tui` and `shimmy demo`: the app where the terminal can show it, lines of text where not."""

import gc

from shimmy_metrics.cli.tty import app_can_run
from shimmy_metrics.exit_codes import Exit
from shimmy_metrics.system.profile import Profile


def tui(arguments: list[str]) -> int:
    """Open the app; return the exit code. Raises `UserError`."""
    plain = _wants_lines(arguments)
    profile = Profile.current()
    if plain or not app_can_run(profile):
        gc.disable()  # printed within a moment; then it waits for a person
        from shimmy_metrics.cli.plain import print_and_ask

        print_and_ask(profile)
    else:
        from shimmy_metrics import app

        app.run(profile)
    return Exit.DONE


def demo(arguments: list[str]) -> int:
    """Run the demo; return the exit code. Raises `UserError`."""
    from shimmy_metrics.cli.arguments import parsed
    from shimmy_metrics.cli.command_table import COMMANDS

    parsed(COMMANDS["demo"], arguments)
    from shimmy_metrics.demo.run import run

    return run(app_can_run(Profile.current()))


def _wants_lines(arguments: list[str]) -> bool:
    if arguments in ([], ["--plain"]):
        return bool(arguments)
    # They load the list of commands and argparse, which the usual forms do not need.
    from shimmy_metrics.cli.arguments import parsed
    from shimmy_metrics.cli.command_table import COMMANDS

    return bool(parsed(COMMANDS["tui"], arguments)["plain"])
