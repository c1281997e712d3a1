"""Files to run the receiver with: what a proxy, a service manager and a container need."""

from importlib.resources import files
from typing import Final

_FILES: Final = {"nginx": "nginx.conf", "systemd": "shimmy-receiver.service", "container": "Containerfile"}


def text(kind: str) -> str:
    """Return the file for `kind`: nginx, systemd or container."""
    return (files(__name__) / _FILES[kind]).read_text(encoding="utf-8")
