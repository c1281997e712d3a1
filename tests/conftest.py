"""Every test lives under its own temporary home and reaches nothing but loopback."""

import ipaddress
import socket
from pathlib import Path
from typing import Any

import pytest

SWITCHES = (
    "DO_NOT_TRACK",
    "SHIMMY_METRICS",
    "SHIMMY_METRICS_ENDPOINT",
    "SHIMMY_BIN",
    "SHIMMY_BIND_ADDRESS",
    "CI",
    "TZ",
)


@pytest.fixture(autouse=True)
def no_real_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point home, config and state away from the person's own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("APPDATA", str(home / "AppData"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / ".local/state"))
    for name in SWITCHES:
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture(autouse=True)
def no_real_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects anywhere but to this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:  # noqa: ANN401 - socket's own form
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            allowed = host == "localhost" or (
                (host[:1].isdigit() or ":" in host) and ipaddress.ip_address(host).is_loopback
            )
            if not allowed:
                pytest.fail(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
