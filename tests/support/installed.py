"""The installed commands, run in a home of their own, without any of this process's settings."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.system.profile import Profile

BIN: Final = Path(sys.executable).parent
LONGEST: Final = 30.0
NOT_YET: Final = "the store has not answered yet"
"""What `serve` may say on a busy machine before it says whether clients are measured."""

AFTER_FIVE_SECONDS: Final = 12.0
"""When what gives up after five seconds has ended, an interpreter's start and end on a busy machine included."""

UNHURRIED: Final = (sys.executable, "-P", str(Path(__file__).with_name("unhurried.py")))
"""The words before a command's file that give it more time than it has as shipped."""

CLOSED: Final = "http://127.0.0.1:9"
"""A proxy that nobody serves: what is meant for elsewhere stops there, before any name is looked up."""


@dataclass(frozen=True, slots=True)
class Home:
    """A person's home below `root`, with variables of its own.

    `before` are the words that run a command where the home is, in a mount namespace for example.
    """

    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a command: this and nothing else."""
        return {
            "HOME": str(self.root),
            "XDG_CONFIG_HOME": str(self.root / "config"),
            "XDG_STATE_HOME": str(self.root / "state"),
            "PATH": f"{BIN}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "LANG": "C.UTF-8",
            "TZ": "Europe/Berlin",
            "HTTPS_PROXY": CLOSED,
            **self.variables,
        }

    @property
    def profile(self) -> Profile:
        """The same place as a profile."""
        return Profile.under(self.root, self.environment)

    def having(self, **variables: str) -> "Home":
        """Return the same home with more variables."""
        return Home(self.root, {**self.variables, **variables}, self.before)

    def run(self, *arguments: str, command: str = "shimmy", given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with `given` on its standard input, and return what it printed."""
        return self.run_program([*self.before, str(BIN / command), *arguments], given)

    def run_program(self, program: Sequence[str], given: str = "") -> subprocess.CompletedProcess[str]:
        """Run any program to its end as a command is run."""
        return subprocess.run(
            program,
            env=self.environment,
            cwd=self.root,
            input=given,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )

    def metrics(self, action: str, *more: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run `shimmy config --metrics ACTION`."""
        return self.run("config", "--metrics", action, *more, given=given)

    def edit_config(self, text: str) -> None:
        """Put another config in place at once, as most editors do: no process reads half of it."""
        path = self.profile.config_path
        new = path.with_suffix(".new")
        new.write_text(text)
        new.replace(path)

    def agree(self) -> None:
        """Say yes as `enable` does, without an interpreter's start for it."""
        enable(self.profile)

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start a command in a process group of its own, both outputs piped; kill it at the end if it still runs."""
        with self.started_program([*self.before, str(BIN / "shimmy"), *arguments]) as process:
            yield process

    @contextmanager
    def started_program(self, program: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
        """Start any program as a command is started."""
        process = subprocess.Popen(
            program,
            env=self.environment,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=LONGEST)  # whatever outlives it and holds its pipes fails a test, not the run


def announced(process: "subprocess.Popen[str]") -> str:
    """Wait for the line by which `serve` says whether clients are measured; return it. It is said behind the relay."""
    assert process.stderr is not None
    line = process.stderr.readline()
    return process.stderr.readline() if NOT_YET in line else line


def stop(process: "subprocess.Popen[str]", how: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
    """Send a signal, wait for the exit, and return the exit code and both outputs."""
    process.send_signal(how)
    out, err = process.communicate(timeout=LONGEST)
    return process.returncode, out, err


def wait_until(true: Callable[[], bool], seconds: float = LONGEST) -> bool:
    """Wait until something is true, for at most `seconds`; return whether it is.

    What starts a process to find out is asked more seldom: it would keep what it waits for from the processor.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = _processor_seconds()
        if true():
            return True
        time.sleep(max(0.02, 3 * (_processor_seconds() - before)))
    return true()


def _processor_seconds() -> float:
    """Return what this process took, and what it started and has seen end."""
    return sum(os.times()[:4])
