"""How long commands take to start, as ratios to a bare interpreter in the same run.

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

import shimmy_metrics

ROUNDS: Final = 15
BIN: Final = Path(sys.executable).parent
BARE: Final = "bare python"
APP: Final = "textual app"
HELLO: Final = """
from textual.app import App
class Hello(App[None]):
    def on_ready(self):
        self.exit()
Hello().run(headless=True)
"""


def main() -> None:
    """Print a line a command: its median in milliseconds, and how many bare interpreters that is."""
    # As an installer does: what was edited since would be compiled in each run.
    compileall.compile_dir(Path(shimmy_metrics.__path__[0]), quiet=1)
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.defpath, "SHIMMY_BIN": "/bin/true", "LANG": "C.UTF-8"}
        shimmy = str(BIN / "shimmy")
        commands = {
            BARE: [sys.executable, "-c", "pass"],
            "hand-over of a word": [shimmy, "list"],
            "hand-over of serve": [shimmy, "serve"],
            "status": [shimmy, "config", "--metrics", "status"],
            "preview": [shimmy, "config", "--metrics", "preview"],
            "export": [shimmy, "config", "--metrics", "export"],
            "validate": [shimmy, "config", "--metrics", "validate"],
            "tui --plain": [shimmy, "tui", "--plain"],
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
        sys.stdout.write(f"{name:<22}{median * 1000:8.1f} ms, {best * 1000:6.1f} best   {of_bare}\n")


if __name__ == "__main__":
    main()
