"""`shimmy` on a machine so busy that its session's own thread needs a while to start a process.

`python -m support.slow_sender SECONDS WORD...` is the installed command, except for that.
"""

import sys
import time
from typing import Any, Final

PROGRAM: Final = (sys.executable, "-m", "support.slow_sender")


def run(seconds: float, words: list[str]) -> int:
    """Run the command; return its exit code."""
    from shimmy_metrics.cli.main import shimmy
    from shimmy_metrics.serve import books

    start = vars(books)["start_sender"]

    def slow(*arguments: Any, **named: Any) -> None:  # noqa: ANN401 - whatever the function takes
        time.sleep(seconds)
        start(*arguments, **named)

    vars(books)["start_sender"] = slow
    sys.argv = ["shimmy", *words]
    return shimmy()


if __name__ == "__main__":
    sys.exit(run(float(sys.argv[1]), sys.argv[2:]))
