"""The demo's meter in a process of its own: `python -m shimmy_metrics.demo URL ADDRESS`.

It is what `shimmy serve --upstream URL --bind ADDRESS` runs, and it watches whoever started it: where its standard
input ends, the demo is gone, however it went, and nobody is left to be measured for.
"""

import os
import sys
import threading

from shimmy_metrics.serve.run import serve_upstream
from shimmy_metrics.system.profile import Profile


def main() -> int:
    """Measure until a signal, or until the demo is gone; return the exit code."""
    url, address = sys.argv[1:]
    threading.Thread(target=_watch, daemon=True, name="watch").start()
    return serve_upstream(Profile.current(), url, address)


def _watch() -> None:
    os.read(0, 1)  # nothing is ever written: this returns when the other end is closed
    os._exit(0)  # at once: what was measured stays in the sandbox, and no sender is started


if __name__ == "__main__":
    sys.exit(main())
