"""One mutant put to the tests, in a process of its own that is forked off when all but the package is imported."""

import os
import resource
import signal
import sys
from collections.abc import Collection, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

import pytest

UNNOTICED: Final = 77
"""How a trial ends in which no test failed: not with 0, which a mutant may end its own process with."""

_BYTES: Final = 4 * 2**30
"""What a mutant may take of the machine's memory."""


class _Source(SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        """Compile the changed source; no cached code is read or written."""
        return compile(self._source, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    """Gives one module another source."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self._name = name
        self._path = path
        self._source = source

    def find_spec(self, fullname: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        package = [str(self._path.parent)] if self._path.name == "__init__.py" else None
        loader = _Source(fullname, str(self._path), self._source)
        return spec_from_file_location(fullname, self._path, loader=loader, submodule_search_locations=package)


class _Chosen:
    """Runs the tests that reach the change, the quickest first."""

    def __init__(self, tests: Collection[str], seconds: Mapping[str, float]) -> None:
        self._tests = tests
        self._seconds = seconds

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self._tests] or items
        items[:] = sorted(chosen, key=lambda item: self._seconds.get(item.nodeid, 0.0))


def trial(
    name: str, path: Path, source: str, tests: Collection[str], seconds: Mapping[str, float], arguments: Sequence[str]
) -> None:
    """Run the tests against the changed module and end the process: with `UNNOTICED` where none of them noticed."""
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open(os.devnull, "r+b") as nothing:
        for standard in range(3):
            os.dup2(nothing.fileno(), standard)
    sys.meta_path.insert(0, _Finder(name, path, source))
    files = sorted({test.partition("::")[0] for test in tests})
    code = 1
    try:
        code = pytest.main([*arguments, "-x", *files], plugins=[_Chosen(tests, seconds)])
    finally:
        os._exit(UNNOTICED if code == pytest.ExitCode.OK else 1)


def end(number: int) -> None:
    """End whatever a trial left running."""
    try:
        os.killpg(number, signal.SIGKILL)
    except ProcessLookupError:
        return
