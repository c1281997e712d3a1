"""System and architecture, as words, from what the interpreter says."""

import ast
import inspect

import pytest

from shimmy_metrics.machine import platform
from shimmy_metrics.machine.platform import architecture, architecture_word, built_for, system, system_word
from shimmy_metrics.vocabulary import ARCHITECTURES, SYSTEMS


@pytest.mark.parametrize(
    ("name", "expected"),
    [("linux", "linux"), ("darwin", "macos"), ("win32", "windows"), ("freebsd14", "other"), ("cygwin", "other"),
     ("android", "other"), ("", "other")],
)  # fmt: skip
def test_the_system_is_a_word(name: str, expected: str) -> None:
    assert system_word(name) == expected


@pytest.mark.parametrize(
    ("machine", "wide", "expected"),
    [("x86_64", True, "x64"), ("AMD64", True, "x64"), ("arm64", True, "arm64"), ("aarch64", True, "arm64"),
     ("ARM64", True, "arm64"), ("aarch64", False, "other"), ("x86_64", False, "other"), ("armv7l", False, "other"),
     ("i686", False, "other"), ("riscv64", True, "other"), ("", True, "other")],
)  # fmt: skip
def test_the_architecture_is_the_interpreter_s(machine: str, *, wide: bool, expected: str) -> None:
    assert architecture_word(machine, wide=wide) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("3.11.9 (tags/v3.11.9:de54cf5, Apr  2 2024, 10:12:12) [MSC v.1938 64 bit (AMD64)]", "AMD64"),
        ("3.12.4 (tags/v3.12.4:8e8a4ba, Jun  6 2024, 19:33:00) [MSC v.1940 64 bit (ARM64)]", "ARM64"),
        ("3.11.9 (tags/v3.11.9:de54cf5, Apr  2 2024, 09:33:22) [MSC v.1938 32 bit (Intel)]", "Intel"),
        ("3.11.2 (main, Mar 13 2023, 12:18:29) [GCC 12.2.0]", ""),
    ],
)
def test_on_windows_the_interpreter_s_own_words_tell(version: str, expected: str) -> None:
    assert built_for(version) == expected


def test_this_machine_s_words_are_of_the_closed_lists() -> None:
    assert system() in SYSTEMS
    assert architecture() in ARCHITECTURES


def test_nothing_that_could_hang_is_asked() -> None:
    imported = [node for node in ast.walk(ast.parse(inspect.getsource(platform))) if isinstance(node, ast.Import)]
    assert {alias.name for node in imported for alias in node.names} == {"os", "re", "sys"}
