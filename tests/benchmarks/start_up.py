"""How long commands take to start, as ratios to a bare interpreter in the same run.

Rounds are interleaved, so that whatever else the machine does falls on all alike; the median counts.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

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
    bare = statistics.median(took[BARE])
    for name, times in took.items():
        median = statistics.median(times)
        sys.stdout.write(f"{name:<22}{median * 1000:8.1f} ms{median / bare:8.2f} x\n")


if __name__ == "__main__":
    main()
