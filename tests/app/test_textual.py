"""The private names of Textual that the app uses: each is listed with its reason, and each still exists."""

import ast
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import import_module

import pytest
from packaging.requirements import Requirement
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.timer import Timer

import shimmy_metrics.app
from shimmy_metrics.app.diff_driver.driver import diff_driver
from support.textual_version import INSTALLED, PROJECT, STORED

PRIVATE: dict[str, tuple[type, str]] = {
    "_app": (Driver, "the driver compares the terminal's size with the app's, and schedules a redraw"),
    "_batch_count": (App, "a screen renders nothing during a batch"),
    "_compositor_refresh": (Screen, "the first frame is painted at once, and nothing is rendered during a batch"),
    "_css_update_count": (Screen, "showing a screen without styles of its own reads no style sheet again"),
    "_disable_line_wrap": (LinuxDriver, "the buffer turns it off where needed, and a line that was cut must not"),
    "_driver": (App, "the cursor is moved and shown between two frames, and the driver made to forget"),
    "_file": (LinuxDriver, "the driver asks the terminal for its real size"),
    "_handle_exception": (App, "an error that ends the app is logged, and makes its exit code"),
    "_loop": (Driver, "a signal handler schedules a redraw"),
    "_previous_cursor_position": (App, "Textual learns of our cursor moves, since its own are relative"),
    "_registry": (App, "widgets of every screen are drawn anew when colours change that no theme tells of"),
    "_skip": (Timer, "a timer that fires once does so on a busy machine as well"),
}
"""Each private name of Textual that the app uses: the class that has it, and what the app achieves with it."""

PRIVATE_MODULES = {
    "textual._ansi_sequences": "the driver passes on only the sequences that Textual knows as keys",
    "textual._xterm_parser": "the driver has whole sequences made into events",
}
"""Each private module of Textual that the app imports, and what for."""

OF_PYTHON = {"_exit", "_fields", "_replace"}
"""Public in spite of their underscore: of `os` and of named tuples."""


@pytest.mark.parametrize("name", PRIVATE)
def test_each_private_name_of_textual_that_is_used_still_exists(name: str) -> None:
    holder, used_for = PRIVATE[name]
    assert name in _private(holder), (
        f"Textual {INSTALLED} has no {holder.__name__}.{name} any more; with it, {used_for}"
    )


def test_no_other_private_name_of_textual_is_used_or_overridden() -> None:
    own = {
        name
        for ours in _classes()
        for theirs in ours.__mro__
        if _textual_s(theirs)
        for name in _private(ours) & _private(theirs)
    }
    of_others = {
        each.attr
        for module in _modules()
        for each in ast.walk(ast.parse(inspect.getsource(import_module(module))))
        if isinstance(each, ast.Attribute) and _owner(each) != "self" and _is_private(each.attr)
    }
    assert own | (of_others - OF_PYTHON) == set(PRIVATE)


def test_no_other_private_module_of_textual_is_imported() -> None:
    imported = {
        each.module
        for module in _modules()
        for each in ast.walk(ast.parse(inspect.getsource(import_module(module))))
        if isinstance(each, ast.ImportFrom) and each.module and re.match(r"textual\.(.+\.)?_", each.module)
    }
    assert imported == set(PRIVATE_MODULES)


def test_the_pictures_are_compared_under_one_version_that_the_app_takes() -> None:
    (taken,) = (Requirement(each) for each in PROJECT["dependencies"] if each.startswith("textual"))
    assert taken.specifier.contains(STORED)
    assert taken.specifier.contains(INSTALLED)


def _modules() -> Iterator[str]:
    return (each.name for each in pkgutil.walk_packages(shimmy_metrics.app.__path__, "shimmy_metrics.app."))


def _classes() -> set[type]:
    """Return the app's own classes that have one of Textual's as a base."""
    found = {each for module in _modules() for each in vars(import_module(module)).values() if inspect.isclass(each)}
    driver = diff_driver("xterm")
    found |= {driver} if driver is not None else set()
    return {each for each in found if not _textual_s(each) and any(_textual_s(base) for base in each.__mro__)}


def _textual_s(each: type) -> bool:
    return each.__module__.partition(".")[0] == "textual"


@cache
def _private(owner: type) -> frozenset[str]:
    """Return the private names that a class's own code defines or has on `self`."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    assert isinstance(tree, ast.ClassDef)
    defined = [each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    declared = [
        name.id
        for each in tree.body
        if isinstance(each, ast.Assign | ast.AnnAssign)
        for name in ast.walk(each)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    ]
    on_self = [each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute) and _owner(each) == "self"]
    return frozenset(filter(_is_private, (*defined, *declared, *on_self)))


def _owner(each: ast.Attribute) -> str:
    return each.value.id if isinstance(each.value, ast.Name) else ""


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
