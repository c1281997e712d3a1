"""The README's table of how exact the counts are: computed from exchanges, or held by a test with the real server."""

import ast
from pathlib import Path

import pytest

from support import exactness
from support.renew import RENEW

TESTS = Path(__file__).parents[2]


def test_the_readme_s_table_is_what_the_meter_makes_of_each_exchange() -> None:
    readme = (TESTS.parent / "README.md").read_text(encoding="utf-8")
    assert exactness.renewed(readme) == readme, RENEW


@pytest.mark.parametrize("row", exactness.REAL)
def test_a_row_of_a_real_server_is_held_by_a_test(row: exactness.Row) -> None:
    path, _, function = row.test.partition("::")
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    assert function in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
    (marks,) = (ast.unparse(each) for each in tree.body if ast.unparse(each).startswith("pytestmark = "))
    assert "pytest.mark.real" in marks
