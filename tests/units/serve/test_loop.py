"""The relay runs on uvloop where that is to be had, and on asyncio's own loop everywhere else."""

import importlib.util
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from shimmy_metrics.serve.loop import new_loop
from shimmy_metrics.system.profile import Profile

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _module_of_the_loop() -> str:
    loop = new_loop(Profile.current())
    loop.close()
    return type(loop).__module__.partition(".")[0]


def test_where_uvloop_is_installed_it_is_the_loop() -> None:
    assert _module_of_the_loop() == ("uvloop" if importlib.util.find_spec("uvloop") else "asyncio")


def test_without_uvloop_it_is_asyncio_s_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert _module_of_the_loop() == "asyncio"


@pytest.mark.parametrize(
    ("system", "machine", "python", "wanted"),
    [
        ("linux", "x86_64", "CPython", True),
        ("linux", "aarch64", "CPython", True),
        ("darwin", "arm64", "CPython", True),
        ("darwin", "x86_64", "CPython", True),
        # No wheels: installing it would need a compiler, or fail.
        ("linux", "armv7l", "CPython", False),
        ("linux", "riscv64", "CPython", False),
        ("linux", "x86_64", "PyPy", False),
        ("freebsd14", "x86_64", "CPython", False),
        ("win32", "AMD64", "CPython", False),
    ],
)
def test_installing_brings_uvloop_where_there_are_wheels_of_it(
    system: str, machine: str, python: str, wanted: bool
) -> None:
    (uvloop,) = (each for each in map(Requirement, PROJECT["dependencies"]) if each.name == "uvloop")
    assert uvloop.marker is not None
    place: dict[str, Any] = {
        "sys_platform": system,
        "platform_machine": machine,
        "platform_python_implementation": python,
    }
    assert uvloop.marker.evaluate(place) == wanted
