"""CONTRIBUTING and ARCHITECTURE name what is there: each path, command, name in a file, floor and version."""

import re
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
PACKAGE: Final = ROOT / "tui/shimmy_metrics"
GUIDES: Final = ("CONTRIBUTING.md", "ARCHITECTURE.md")
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS: Final = PROJECT["project"]["optional-dependencies"]
BRINGS: Final = {"lint-imports": "import-linter"}
"""What brings a program of another name."""


def _text(guide: str) -> str:
    return (ROOT / guide).read_text(encoding="utf-8")


def _commands(guide: str) -> list[str]:
    return [
        command.strip()
        for block in re.findall(r"```sh\n(.*?)```", _text(guide), re.DOTALL)
        for line in block.splitlines()
        for command in line.split(" && ")
        if command.strip()
    ]


def _is_there(path: str) -> bool:
    return (ROOT / path).exists() or (PACKAGE / path).exists()


def _paths(guide: str) -> Iterator[str]:
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", _text(guide), flags=re.DOTALL))
    yield from (
        each for each in spans if re.fullmatch(r"[\w./-]*(?:/[\w.-]+|\.(?:py|md|toml))", each) and each[0] != "_"
    )
    yield from re.findall(r"\]\(([^)#:]+)\)", _text(guide))


@pytest.mark.parametrize("guide", GUIDES)
def test_each_path_is_there(guide: str) -> None:
    found = [path for path in _paths(guide) if "NAME" not in path]
    assert len(found) > 30
    assert [path for path in found if not _is_there(path)] == []


@pytest.mark.parametrize("guide", GUIDES)
def test_each_name_is_in_the_file_that_it_is_said_to_be_in(guide: str) -> None:
    said = re.findall(r"`(\w+)`[^`.;]*? in `([\w/.]+\.py)`", " ".join(_text(guide).split()))
    assert said
    for name, path in said:
        file = ROOT / path if (ROOT / path).exists() else PACKAGE / path
        assert re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")), f"{name} in {path}"


def test_each_command_runs_what_is_there() -> None:
    commands = [command for command in _commands("CONTRIBUTING.md") if command != "cd tests"]
    assert len(commands) > 10
    packages = {re.split(r"[\[<>=;]", each)[0] for extra in EXTRAS.values() for each in extra}
    for command in commands:
        program, *words = command.split()
        if "/" in program and ".venv/bin/" not in program:
            assert (ROOT / program).exists(), command
            continue
        name = Path(program).name
        if name.startswith("python"):
            assert words[0] == "-m", command
            assert find_spec(words[1]), command
        elif name != "pip":
            assert BRINGS.get(name, name) in packages, command
        assert {extra for listed in re.findall(r"\.\[(.+?)\]", command) for extra in listed.split(",")} <= {*EXTRAS}, (
            command
        )
        assert all((ROOT / word).exists() for word in words if word.startswith("tests/")), command


def test_the_parts_that_the_renewal_has_are_named() -> None:
    from support.renew import GENERATED

    named = re.search(r"name a part \((.+?)\)", " ".join(_text("CONTRIBUTING.md").split()))
    assert named
    assert re.findall(r"`(\w+)`", named[1]) == [*GENERATED]


def test_the_floors_are_the_contract_s() -> None:
    block = _text("ARCHITECTURE.md").partition("<!-- floors -->\n```\n")[2].partition("```")[0]
    contract = next(each for each in PROJECT["tool"]["importlinter"]["contracts"] if each["name"] == "Floors")
    assert [re.split(r" {2,}", line)[0] for line in block.splitlines()] == contract["layers"]


def test_each_folder_of_tests_is_described() -> None:
    described = set(re.findall(r"^\| `(tests/\w+)` \|", _text("CONTRIBUTING.md"), re.MULTILINE))
    folders = [path for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0] not in "._"]
    assert described == {path.relative_to(ROOT).as_posix() for path in folders}


def test_the_hooks_bring_the_versions_of_the_project() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    brought = set(re.findall(r'additional_dependencies: \["(.+?)"\]', text))
    assert len(brought) == 2
    assert brought <= {*EXTRAS["dev"]}
    assert "language: system" not in text


def test_nothing_points_to_a_document_that_is_not_here() -> None:
    here = {path.name for path in ROOT.glob("*.md")}
    for folder in ("tui", "tests", "styles"):
        for path in (each for each in (ROOT / folder).rglob("*") if each.suffix in (".py", ".toml", ".tcss", ".c")):
            text = path.read_text(encoding="utf-8")
            named = set(re.findall(r"\b[A-Z]{4,}\.md\b", text))
            assert named <= here, path
            cited = re.findall(r'\w[ \n]\(([A-Z]{4,}), "[A-Z]', text)
            assert {f"{name}.md" for name in cited} <= here, path
            assert not re.search(r"\b[Ii]ssue #?\d", text), path


def test_the_changelog_is_by_release_the_one_in_work_first() -> None:
    version = re.search(r'__version__ = "(.+)"', (PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    releases = re.findall(r"^## (\S+)", _text("CHANGELOG.md"), re.MULTILINE)
    assert version
    assert releases[0] == version[1]
    assert {*re.findall(r"^### (.+)$", _text("CHANGELOG.md"), re.MULTILINE)} <= {"Added", "Changed", "Fixed", "Removed"}
