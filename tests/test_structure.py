"""What a reader can hold in view: files of 300 lines, classes of 25 methods, chains of two classes of our own."""

import ast
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

import shimmy_metrics

PACKAGE: Final = Path(__file__).parent.parent / "tui/shimmy_metrics"
FILES: Final = [*PACKAGE.rglob("*.py")]

LINES: Final = 300
TABLE: Final = Path("report/fields/metrics.py")
"""Longer with each field: it is read a row at a time."""

METHODS: Final = 25
CHAIN: Final = 2


def _classes() -> Iterator[type]:
    """Yield every class of the package."""
    for found in pkgutil.walk_packages(shimmy_metrics.__path__, "shimmy_metrics."):
        if not found.name.endswith("__main__"):
            module = import_module(found.name)
            yield from (each for each in vars(module).values() if isinstance(each, type))


def test_no_file_is_longer_than_a_reader_scrolls() -> None:
    lengths = {path.relative_to(PACKAGE): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert len(lengths) > 100
    assert {path: length for path, length in lengths.items() if length > LINES and path != TABLE} == {}


def test_no_class_has_more_methods_than_a_reader_keeps_in_mind() -> None:
    methods = {
        f"{path.stem}.{node.name}": sum(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) for each in node.body)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert methods["app.ShimmyApp"] > 20
    assert {name: number for name, number in methods.items() if number > METHODS} == {}


def test_no_class_stands_on_more_than_one_other_of_ours() -> None:
    chains = {
        each.__qualname__: [base.__qualname__ for base in each.__mro__ if base.__module__.startswith("shimmy_metrics")]
        for each in _classes()
    }
    assert chains["ShimmyApp"] == ["ShimmyApp", "TerminalApp"]
    assert [chain for chain in chains.values() if len(chain) > CHAIN] == []
