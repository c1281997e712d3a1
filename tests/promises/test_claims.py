"""Each sentence of README's promises, of its table of what can be done and of its limits has its tests by name.

`claims.toml` maps them. A sentence that is changed or added fails here until somebody has said which test holds it.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent
SECTIONS: Final = ("What it promises", "Decide, look, export, withdraw", "The other end", "Limits")


def _section(name: str) -> str:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.split(r"^## ", readme.partition(f"## {name}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def _sentences(section: str) -> Iterator[str]:
    """Yield each row of a table, each line of a listing and each sentence of the prose, on one line.

    What ends with a colon only leads to what follows.
    """
    for block in re.split(r"\n\s*\n|\n(?=- )", section.strip("\n")):
        if block.startswith("```"):
            continue
        if block.startswith("|"):
            yield from block.splitlines()[2:]
        elif block.startswith("    "):
            yield from (" ".join(line.split()) for line in block.splitlines())
        else:
            text = " ".join(block.removeprefix("- ").split())
            for sentence in re.split(r"(?<=[.)]) (?=[A-Z`*(\[])(?!\(`)", text):
                if sentence and not sentence.endswith(":"):
                    yield sentence


def _claims() -> list[dict[str, Any]]:
    claims: list[dict[str, Any]] = tomllib.loads((HERE / "claims.toml").read_text(encoding="utf-8"))["claim"]
    return claims


def test_each_sentence_has_its_tests_and_no_other_is_claimed() -> None:
    said = [sentence for name in SECTIONS for sentence in _sentences(_section(name))]
    assert len(said) > 40
    claimed = [claim["says"] for claim in _claims()]
    assert [sentence for sentence in said if sentence not in claimed] == []
    assert [claim for claim in claimed if claim not in said] == []
    assert len(set(claimed)) == len(claimed)


def test_the_tests_that_are_named_are_there() -> None:
    for claim in _claims():
        assert claim["tests"], claim["says"]
        for name in claim["tests"]:
            file, _, function = name.partition("::")
            tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
            functions = {each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
            assert function in functions, name
