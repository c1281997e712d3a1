"""The sole reader of the process environment: one value with a property for each question.

A hand-over asks it too, so `typing` is not imported, and `Environment` is no named tuple, which needs it.
"""

import os
from types import MappingProxyType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final, Self

SWITCHES: "Final" = ("DO_NOT_TRACK", "SHIMMY_METRICS")
"""The variables that switch metrics off: everybody's and ours."""

_ON: "Final" = frozenset({"", "on", "1", "true", "yes"})
"""The values of `SHIMMY_METRICS` that switch nothing off. Any other does: an off-switch errs towards off."""

_UNSET: "Final" = frozenset({"", "0", "false", "no"})
_COERCED: "Final" = frozenset({"C.UTF-8", "C.utf8", "UTF-8"})
"""What Python makes of `LC_CTYPE` in the C locale, before a program can look."""

_KEY_CHARACTERS: "Final" = 16
_SWITCH_CHARACTERS: "Final" = 16
"""A longer value, or one with other characters than letters and digits, is neither shown nor kept in the store."""


class Environment:
    """A copy of the environment, never changed. Tests and the demo make their own; programs take `current`."""

    __slots__ = ("variables",)

    def __init__(self, variables: "Mapping[str, str]" = MappingProxyType({})) -> None:
        self.variables = variables

    @classmethod
    def current(cls) -> "Self":
        """Copy the environment as this process was given it, without the locale that Python set itself (PEP 538)."""
        variables = dict(os.environ)
        if variables.get("LC_CTYPE") in _COERCED and not _was_given("LC_CTYPE"):
            del variables["LC_CTYPE"]
        return cls(variables)

    def get(self, name: str) -> str:
        """Return the variable's value without surrounding space; empty where it is not set."""
        return self.variables.get(name, "").strip()

    @property
    def switch(self) -> str:
        """The variable that switches metrics off, as `NAME=value`; empty without one.

        The environment can only switch off: `SHIMMY_METRICS=on` means nothing.
        """
        everywhere, ours = SWITCHES
        value = self.get(everywhere)
        if value.lower() not in _UNSET:
            return _named(everywhere, value)
        value = self.get(ours)
        return "" if value.lower() in _ON else _named(ours, value)

    @property
    def continuous_integration(self) -> bool:
        """Whether `CI` is set: then nobody is asked. Nothing else changes."""
        return self.get("CI").lower() not in _UNSET

    @property
    def endpoint(self) -> str:
        """`SHIMMY_METRICS_ENDPOINT`, empty where it is not set."""
        return self.get("SHIMMY_METRICS_ENDPOINT")

    @property
    def api_key_holds(self) -> bool:
        """Whether Shimmy accepts `SHIMMY_API_KEY`: at least 16 printable ASCII characters, no space."""
        key = self.variables.get("SHIMMY_API_KEY", "")
        return len(key) >= _KEY_CHARACTERS and key.isascii() and key.isprintable() and " " not in key

    @property
    def says_utf8(self) -> bool:
        """Whether the locale's variables say UTF-8, as the terminal reads them: the first that is set decides."""
        named = (self.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
        return "utf8" in next((value for value in named if value), "").lower().replace("-", "")

    @property
    def over_ssh(self) -> bool:
        """Whether the terminal is at the far end of an SSH connection."""
        return bool(self.get("SSH_CONNECTION") or self.get("SSH_TTY"))

    @property
    def supervised(self) -> bool:
        """Whether a process that outlives this one would be killed, or would delay the stop.

        True for a container's first process and for a systemd unit's main process. `INVOCATION_ID` is not enough:
        every shell of a desktop inherits it. `SYSTEMD_EXEC_PID` (systemd.exec(5)) names the unit's process.
        """
        of_a_unit = bool(self.get("INVOCATION_ID")) and self.get("SYSTEMD_EXEC_PID") in ("", str(os.getpid()))
        return os.getpid() == 1 or of_a_unit

    @property
    def in_container(self) -> bool:
        """Whether this process runs in a container, or is the first of its PID namespace."""
        marks = ("/.dockerenv", "/run/.containerenv")
        named = self.get("KUBERNETES_SERVICE_HOST") or self.get("container")
        return os.getpid() == 1 or bool(named) or any(os.path.exists(mark) for mark in marks)


def _was_given(name: str) -> bool:
    """Whether the process was started with this variable; true where the system does not tell."""
    try:
        with open("/proc/self/environ", "rb") as given:
            return any(each.startswith(f"{name}=".encode()) for each in given.read().split(b"\0"))
    except OSError:
        return True


def _named(name: str, value: str) -> str:
    harmless = value.isascii() and value.isalnum() and len(value) <= _SWITCH_CHARACTERS
    return f"{name}={value}" if harmless else name
