"""`shimmy` as it runs outside a container, even if the tests run inside one.

`python -m support.outside_container SECONDS WORD...` is the installed command, except that it does not see the marks of
a container, and that the question waits so many seconds.
"""

import os
import sys
from typing import Final

PROGRAM: Final = (sys.executable, "-m", "support.outside_container")
_MARKS: Final = ("/.dockerenv", "/run/.containerenv")


def run(seconds: int, words: list[str]) -> int:
    """Run the command; return its exit code."""
    from shimmy_metrics import limits

    exists = os.path.exists
    os.path.exists = lambda path: path not in _MARKS and exists(path)
    limits.QUESTION_SECONDS = seconds  # type: ignore[misc]  # a constant of this process alone
    sys.argv = ["shimmy", *words]
    from shimmy_metrics.cli.main import shimmy

    return shimmy()


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), sys.argv[2:]))
