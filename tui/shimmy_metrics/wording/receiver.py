"""Who gets a report, and what they see of its way there. Pure."""

from collections.abc import Iterable
from typing import Final

from shimmy_metrics.limits import SEND_SECONDS
from shimmy_metrics.wording.schedule import NOT_SENT_AFTER


def by_way_of(proxy: str) -> str:
    """Return the proxy on the way to an endpoint, to follow its name; empty without one."""
    return f", through {proxy}" if proxy else ""


def connects(proxy: str) -> str:
    """Return what a proxy gets before the request, as a further sentence; empty without one."""
    return f" {proxy} is asked first, with a CONNECT that names the receiver." if proxy else ""


def with_headers(headers: Iterable[tuple[str, str]], proxy: str) -> str:
    """Return the headers of a request that has no body, and the proxy that it goes through, as a sentence."""
    return f"The headers are {', '.join(f'{name}: {value}' for name, value in headers)}{by_way_of(proxy)}."


YOUR_ADDRESS: Final = "The receiver sees your IP address, or a proxy's, as any web server does. It is in no report."

HEADERS: Final = "These are all the headers. None says anything about this machine."


UNREACHABLE: Final = (
    f"If the receiver cannot be reached: an attempt takes at most {SEND_SECONDS:.0f} s and delays no server. Then the "
    "report waits here and is tried again with a later session or when you release it. "
    f"{NOT_SENT_AFTER}"
)


def no_network(more: str) -> str:
    """Return that in short; `more` is the key that leads to all of it."""
    return f"Network or receiver down: no server waits, the report stays here; {more}: more."


def without_network(reports: int) -> str:
    """Return the same in short of so many reports that wait."""
    return f"Without a network {'it stays' if reports == 1 else 'they stay'} here."


WITHOUT_NETWORK: Final = "What happens without a network: shimmy-metrics status --help."

_NETWORK: Final = ("net", "network", "offline", "down", "unreachable", "reachable", "internet", "connection")
_TELLING: Final = 4
"""Letters of one of these words that are enough to know it by."""


def unreachable_meant(search: str) -> bool:
    """Whether a search is about what happens when the receiver cannot be reached: a word of it, or its beginning."""
    return any(
        word in _NETWORK or (len(word) >= _TELLING and any(known.startswith(word) for known in _NETWORK))
        for word in search.lower().split()
    )
