"""Which tests reach which line, and how long each takes."""

import time
from collections import defaultdict
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import NamedTuple

import coverage
import pytest

Place = tuple[str, int]
"""A file and a line of it."""


class Reach(NamedTuple):
    """The tests that reach a line, and each test's seconds. What runs as a module is loaded is reached by all."""

    tests: dict[Place, frozenset[str]]
    loaded: frozenset[Place]
    seconds: dict[str, float]

    def of(self, path: Path, lines: range) -> frozenset[str]:
        """Return the tests that a change of these lines may concern, empty where none reaches them."""
        places = [(str(path), line) for line in lines]
        if self.loaded.intersection(places):
            return frozenset(self.seconds)
        return frozenset[str]().union(*(self.tests.get(place, frozenset()) for place in places))


class _Timed:
    """Notes each test's name while it runs, and its time."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self.seconds: dict[str, float] = {}
        self._measured = measured

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._measured.switch_context(item.nodeid)
        begun = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.perf_counter() - begun
            self._measured.switch_context("")


def reach(files: Sequence[Path], arguments: Sequence[str], longest: float) -> Reach:
    """Run the tests and return what they reach, without those that take longer than `longest` seconds.

    Raises `ValueError` where one of them fails.
    """
    measured = coverage.Coverage(data_file=None, include=[str(each) for each in files], config_file=False)
    timed = _Timed(measured)
    measured.start()
    code = pytest.main([*arguments], plugins=[timed])
    measured.stop()
    if code != pytest.ExitCode.OK:
        raise ValueError(f"the tests fail without any change: {' '.join(arguments)}")
    tests: dict[Place, set[str]] = defaultdict(set)
    loaded: set[Place] = set()
    data = measured.get_data()
    for file in data.measured_files():
        for line, names in data.contexts_by_lineno(file).items():
            tests[file, line].update(name for name in names if name)
            if "" in names:
                loaded.add((file, line))
    seconds = {name: taken for name, taken in timed.seconds.items() if taken <= longest}
    reached = {place: frozenset(names.intersection(seconds)) for place, names in tests.items()}
    return Reach(reached, frozenset(loaded), seconds)
