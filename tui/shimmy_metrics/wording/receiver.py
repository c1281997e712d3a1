"""Who gets a report, and what they see of its way there. Pure."""

from typing import Final


def by_way_of(proxy: str) -> str:
    """Return the proxy on the way to an endpoint, to follow its name; empty without one."""
    return f", through {proxy}" if proxy else ""


def connects(proxy: str) -> str:
    """Return what a proxy gets before the request, as a further sentence; empty without one."""
    return f" {proxy} is asked first, with a CONNECT that names the receiver." if proxy else ""


YOUR_ADDRESS: Final = "The receiver sees your IP address, as any web server does. It is in no report."

HEADERS: Final = "These are all the headers. None says anything about this machine."
