"""`shimmy` on a machine so busy that its session's thread takes long to start a process.

`python -m support.slow_sender SECONDS WHEN WORD...` is the installed command with that delay. With WHEN `before` the
process starts after so many seconds; with `after` it starts at once and the thread goes on after them.
"""

import sys
import time
from typing import Any, Final

PROGRAM: Final = (sys.executable, "-m", "support.slow_sender")


def run(seconds: float, when: str, words: list[str]) -> int:
    """Run the command; return its exit code."""
    from shimmy_metrics.cli.main import shimmy
    from shimmy_metrics.serve import store_writer

    start = vars(store_writer)["start_sender"]

    def slow(*arguments: Any, **named: Any) -> None:  # noqa: ANN401 - whatever the function takes
        if when == "before":
            time.sleep(seconds)
        start(*arguments, **named)
        if when == "after":
            time.sleep(seconds)

    vars(store_writer)["start_sender"] = slow
    sys.argv = ["shimmy", *words]
    return shimmy()


if __name__ == "__main__":
    sys.exit(run(float(sys.argv[1]), sys.argv[2], sys.argv[3:]))
