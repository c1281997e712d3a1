"""Whether what the receiver needs is installed."""

import shlex
import sys
from importlib.util import find_spec
from typing import Final

from shimmy_metrics.errors import UserError

_NEEDED: Final = ("uvicorn", "httptools", "cryptography")
"""What the extra `receive` brings."""


def require_extra() -> None:
    """Raise `UserError` where the libraries of the receiver are not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UserError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed",
            where="shimmy-metrics receive",
            # The `pip` of the person's PATH is seldom this environment's.
            remedy=f"Run {shlex.quote(sys.executable)} -m pip install 'shimmy-metrics[receive]'",
        )
