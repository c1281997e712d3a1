"""The environment's proxy: which one serves an endpoint, and what may be shown of it. Loads nothing of the network."""

from typing import Final
from urllib.parse import urlsplit

from shimmy_metrics.config.standing import is_loopback
from shimmy_metrics.system.environment import Environment

UNREADABLE: Final = "a proxy whose address cannot be read"
"""What is shown of one that is no address: such text may be a password that a wrong sign tore apart."""

_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


def proxy_for(endpoint: str, environment: Environment) -> str:
    """Return the proxy that the environment names for this endpoint, with its scheme, or empty."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    if parts.scheme != "https" or is_loopback(host):
        return ""
    if _left_out(host, environment.get("no_proxy") or environment.get("NO_PROXY")):
        return ""
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        named = environment.get(name)
        if named:
            return named if "://" in named else f"http://{named}"
    return ""


def proxy_shown(endpoint: str, environment: Environment) -> str:
    """Return `HOST:PORT` of the proxy in use, or empty: never its user, its password or a path."""
    proxy = proxy_for(endpoint, environment)
    if not proxy:
        return ""
    try:
        parts = urlsplit(proxy)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return UNREADABLE
    # An @ behind the host: a `/`, `?` or `#` in the password ended it too early, and what looks like a host is a user.
    torn = "@" in f"{parts.path}{parts.query}{parts.fragment}"
    if torn or not (host and port and host.isascii() and host.isprintable()) or " " in host:
        return UNREADABLE
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _left_out(host: str, no_proxy: str) -> bool:
    """Whether `NO_PROXY` names the host: itself, a domain above it, or everything (`*`)."""
    names = [name.strip().lstrip(".").lower() for name in no_proxy.split(",")]
    return any(name == "*" or (name and f".{host.lower()}".endswith(f".{name}")) for name in names)
