"""How long commands take to start, as ratios to a bare interpreter in the same run. Run it by hand.

Rounds are interleaved, so that whatever else the machine does falls on all alike. On a quiet machine the median counts,
on a busy one the best. Goals: a hand-over 2 x, our own commands 3.5 x.
"""

import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import shimmy_metrics
from benchmarks.figures import Row

ROUNDS: Final = 15
BIN: Final = Path(sys.executable).parent
BARE: Final = "bare python"
APP: Final = "textual app"
COMMANDS: Final = {
    "shimmy list, handed over": ("list",),
    "shimmy serve, handed over while off": ("serve",),
    "status": ("config", "--metrics", "status"),
    "preview": ("config", "--metrics", "preview"),
    "export": ("config", "--metrics", "export"),
    "validate": ("config", "--metrics", "validate"),
    "tui --plain": ("tui", "--plain"),
}
HELLO: Final = """
from textual.app import App
class Hello(App[None]):
    def on_ready(self):
        self.exit()
Hello().run(headless=True)
"""


def start_up() -> list[Row]:
    """Print a line a command: its median in milliseconds, and how many bare interpreters that is. Return that."""
    # As an installer does: what was edited since would be compiled in each run.
    compileall.compile_dir(Path(shimmy_metrics.__path__[0]), quiet=1)
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.defpath, "SHIMMY_BIN": "/bin/true", "LANG": "C.UTF-8"}
        commands = {
            BARE: [sys.executable, "-c", "pass"],
            **{name: [str(BIN / "shimmy"), *words] for name, words in COMMANDS.items()},
            APP: [sys.executable, "-c", HELLO],
        }
        took: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                began = time.perf_counter()
                subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True)
                took[name].append(time.perf_counter() - began)
    for name, times in took.items():
        median, best = statistics.median(times), min(times)
        of_bare = f"{median / statistics.median(took[BARE]):6.2f} x median,{best / min(took[BARE]):6.2f} x best"
        sys.stdout.write(f"{name:<36}{median * 1000:8.1f} ms, {best * 1000:6.1f} best   {of_bare}\n")
    bare = statistics.median(took[BARE])
    return [Row(f"starting: {name}", statistics.median(took[name]) / bare, "x bare Python") for name in COMMANDS]


if __name__ == "__main__":
    start_up()
