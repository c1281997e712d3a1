"""`shimmy` as a person's own terminal runs it, also where the tests themselves run in a container.

`python -m support.person SECONDS WORD...` is the installed command, except that the marks of a container are not seen
and that the question waits so many seconds.
"""

import os
import sys
from typing import Final

PROGRAM: Final = (sys.executable, "-m", "support.person")
_MARKS: Final = ("/.dockerenv", "/run/.containerenv")


def run(seconds: int, words: list[str]) -> int:
    """Run the command; return its exit code."""
    from shimmy_metrics import limits

    exists = os.path.exists
    os.path.exists = lambda path: path not in _MARKS and exists(path)
    limits.QUESTION_SECONDS = seconds  # type: ignore[misc]
    sys.argv = ["shimmy", *words]
    from shimmy_metrics.cli.main import shimmy

    return shimmy()


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), sys.argv[2:]))
