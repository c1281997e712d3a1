"""The demo's `serve` process: `python -m shimmy_metrics.demo URL ADDRESS`.

It runs what `shimmy serve --upstream URL --bind ADDRESS` runs, and exits at once when its standard input ends: then the
demo that started it is gone, however it ended.
"""

import os
import sys
import threading

from shimmy_metrics.actions.purge import purge_without_consent
from shimmy_metrics.serve.run import serve_upstream
from shimmy_metrics.system.profile import Profile


def main() -> int:
    """Serve until a signal comes or the demo is gone; return the exit code."""
    url, address = sys.argv[1:]
    threading.Thread(target=_watch, daemon=True, name="watch").start()
    return serve_upstream(Profile.current(), url, address, purge_without_consent)


def _watch() -> None:
    os.read(0, 1)  # nothing is ever written to it, so this returns when the other end is closed
    os._exit(0)  # at once, without a sender: what was measured stays in the sandbox


if __name__ == "__main__":
    sys.exit(main())
