"""From a session's end to a receipt: `seal`, `detach`, `sender`, `request`, `post`, `response`, `backoff`."""

import sys

# Where click happens to be installed, httpx would load its own command line, and Rich and Pygments with it: 40 % of all
# that a sender's processor does.
sys.modules["httpx._main"] = None  # type: ignore[assignment]  # no module can be imported then
