"""No circle of imports in the package, deferred and type-checking imports counted: each module can be read alone."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).parent.parent / "tui/shimmy_metrics"


def _modules(package: Path) -> dict[str, Path]:
    """Return every module's file by its dotted name; a package's name is that of its `__init__`."""
    return {
        ".".join((package.name, *path.relative_to(package).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in package.rglob("*.py")
    }


def _imported(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """Yield the modules of the package that a file names in any import, wherever in the file that stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in modules)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            for each in node.names:
                name = f"{node.module}.{each.name}"
                target = name if name in modules else node.module
                if target in modules:
                    yield str(target)


def _circle(package: Path) -> list[str]:
    """Return the modules of a circle, each importing the next one; empty where there is none."""
    modules = _modules(package)
    graph = {name: {*_imported(path, modules)} - {name} for name, path in modules.items()}
    assert sum(map(len, graph.values())) >= len(graph) / 2, "hardly any import was found"
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [*reversed(error.args[1])]
    return []


def test_no_import_leads_back_to_its_own_module() -> None:
    assert _circle(PACKAGE) == []


@pytest.mark.parametrize(
    "back",
    [
        "from package.above import a",
        "import package.above",
        "def late() -> None:\n    from package import above",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from package.above import a",
    ],
)
def test_a_circle_is_found_however_it_is_closed(tmp_path: Path, back: str) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "above.py").write_text("from package.middle import b\na = b\n")
    (package / "middle.py").write_text("from package.below import c\nb = c\n")
    (package / "below.py").write_text("c = 1\n")
    assert _circle(package) == []
    (package / "below.py").write_text(f"{back}\nc = 1\n")
    circle = _circle(package)
    assert {*circle} == {"package.above", "package.middle", "package.below"}
    assert circle[0] == circle[-1]
