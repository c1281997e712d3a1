"""The terminal app. Importing this room loads nothing of Textual: that takes 300 ms, and only `run` wants it."""

from shimmy_metrics.system.profile import Profile


def run(profile: Profile, *, asking: bool = False, seconds: int | None = None, notice: str = "") -> None:
    """Open the app on the terminal and return when it is closed.

    `asking` shows the question alone and closes after the answer; `seconds` without a key then mean "ask me later".
    `notice` stays in view. The mouse is left to the terminal over SSH, where text is selected and the wheel is its own.
    An error that ends the app is noted in the log and raised again, once the terminal is itself again.
    """
    import gc
    import signal

    from shimmy_metrics.app.preload import Preload
    from shimmy_metrics.app.terminal.hang_up import TERMINATIONS
    from shimmy_metrics.system.log import log_crash

    gc.disable()  # until the first frame is shown: what is made before it stays anyway (7 % of the time)
    try:
        gathering = Preload(profile)
        from shimmy_metrics.app.app import app_for

        app = app_for(profile, gathering.start(asking=asking, seconds=seconds, notice=notice))
        app.run_in_terminal(mouse=not profile.environment.over_ssh)
        app.cancel_forced_exit()
        if app.error is not None:
            raise app.error
    except Exception as error:
        log_crash(profile, error)
        raise
    finally:
        gc.enable()
    if app.exit_signal in TERMINATIONS:
        signal.raise_signal(app.exit_signal)  # whoever asked for the end gets it
