"""The operating system and processor architecture, as the interpreter knows them.

Not by the standard library's `platform`, which on Windows starts a program or asks a service: either can hang.
"""

import os
import re
import sys
from typing import Final

from shimmy_metrics.vocabulary import OTHER

_SYSTEMS: Final = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_ARCHITECTURES: Final = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def system() -> str:
    """Return the word of `vocabulary.SYSTEMS` for this system."""
    return system_word(sys.platform)


def architecture() -> str:
    """Return the word of `vocabulary.ARCHITECTURES` for which this interpreter was built."""
    return architecture_word(_machine(), wide=sys.maxsize > 2**32)


def system_word(name: str) -> str:
    """Return the word for a value of `sys.platform`."""
    return _SYSTEMS.get(name, OTHER)


def architecture_word(machine: str, *, wide: bool) -> str:
    """Return the word for a processor's name. `wide`: the interpreter is a 64-bit one.

    A 64-bit kernel names its processor to 32-bit programs as well (Raspberry Pi OS): those are `other`.
    """
    return _ARCHITECTURES.get(machine.lower(), OTHER) if wide else OTHER


def built_for(version: str) -> str:
    """Return the processor's name in Windows' `sys.version` (`... [MSC v.1938 64 bit (AMD64)]`), or empty."""
    match = re.search(r"bit \((\w+)\)", version)
    return match[1] if match else ""


if sys.platform == "win32":

    def _machine() -> str:
        return built_for(sys.version)
else:

    def _machine() -> str:
        return os.uname().machine
