"""Every mutant of a module, made by mutmut's operators."""

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import libcst as cst
from libcst import matchers
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider, WhitespaceInclusivePositionProvider
from mutmut.mutation.mutators import mutation_operators

_KEPT: Final = (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom)
"""What is never changed: it says nothing at run time, or nothing could be loaded without it."""

_CALLS_KEPT: Final = ("len", "isinstance", "TypeVar", "cast")

_SQL: Final = matchers.Call(matchers.Attribute(attr=matchers.Name("execute") | matchers.Name("executemany")))
_SQL_WORD: Final = re.compile(r"'[^']*'")
"""What SQL reads as it is written; all else is the same to it in either case of letters."""


class Mutant(NamedTuple):
    """A module's source with one change.

    `name` tells the change by its place and text, without a line number, so that it stays the same when other lines
    move. `lines` are those of the statement that was changed, or of its head, counted from 1.
    """

    path: Path
    name: str
    source: str
    lines: range


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a module, each source once."""
    source = path.read_text()
    module = cst.parse_module(source)
    visitor = _Visitor()
    MetadataWrapper(module, unsafe_skip_copy=True).visit(visitor)
    pieces = [module.code_for_node(each) for each in (*module.header, *module.body, *module.footer)]
    assert "".join(pieces) == source
    rows = source.splitlines(keepends=True)
    seen = {source}
    for found in visitor.found:
        changed = _spliced(module, rows, found)
        if changed is None:  # only its top-level statement is generated again; the whole module would take minutes
            statement = module.body[found.statement].deep_replace(found.node, found.instead)
            assert isinstance(statement, cst.CSTNode)
            at = len(module.header) + found.statement
            changed = "".join((*pieces[:at], module.code_for_node(statement), *pieces[at + 1 :]))
        if changed in seen:
            continue
        seen.add(changed)
        place = ".".join(found.place)
        change = _change(rows, changed.splitlines(keepends=True))
        yield Mutant(path, f"{place}: {change}".removeprefix(": "), changed, found.lines)


def _spliced(module: cst.Module, rows: Sequence[str], found: "_Found") -> str | None:
    """Return the source with the node's own characters exchanged: a tenth of the time of generating its statement.

    None where these are not all that it stands for, as those of a statement, which has its indent from what holds it.
    """
    start, end = found.where.start, found.where.end
    before, after = rows[start.line - 1][: start.column], rows[end.line - 1][end.column :]
    lines = "".join(rows[start.line - 1 : end.line])
    if before + module.code_for_node(found.node) + after != lines:
        return None
    return "".join((*rows[: start.line - 1], before, module.code_for_node(found.instead), after, *rows[end.line :]))


def _change(before: Sequence[str], after: Sequence[str]) -> str:
    """Return in words which lines differ."""
    shorter = min(len(before), len(after))
    # What is the same around the change is left out first, since comparing whole modules takes long.
    first = next((at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), shorter)
    rest = zip(reversed(before[first:]), reversed(after[first:]), strict=False)
    last = next((at for at, pair in enumerate(rest) if pair[0] != pair[1]), shorter - first)
    old, new = ([each.rstrip("\n") for each in rows[first : len(rows) - last]] for rows in (before, after))
    found = list(difflib.unified_diff(old, new, n=0, lineterm=""))[3:]
    removed, added = (" ".join(row[1:].strip() for row in found if row[0] == sign) for sign in "-+")
    return f"{removed} -> {added}" if added else f"{removed} left out"


class _Found(NamedTuple):
    node: cst.CSTNode
    instead: cst.CSTNode
    place: tuple[str, ...]
    lines: range
    statement: int
    """Which of the module's statements holds it."""

    where: CodeRange
    """Where it stands, with what surrounds it of blanks and brackets."""


class _Visitor(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider, WhitespaceInclusivePositionProvider)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Found] = []
        self._place: list[str] = []
        self._sql: set[cst.CSTNode] = set()
        self._statements: list[range] = []
        self._statement = -1

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._place.append(node.name.value)
        if isinstance(node, cst.BaseStatement | cst.BaseSmallStatement):
            self._statement += not self._statements
            self._statements.append(self._lines(node))
        if isinstance(node, _KEPT) or _call_kept(node):
            return False
        if isinstance(node, cst.Call) and matchers.matches(node, _SQL) and node.args:
            self._sql.update(matchers.findall(node.args[0], matchers.SimpleString()))
        lines = self._statements[-1] if self._statements else range(0)
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                made = [each for each in operator(node) if node not in self._sql or not _same_sql(node, each)]
                where = self.get_metadata(WhitespaceInclusivePositionProvider, node)
                place = tuple(self._place)
                self.found += [_Found(node, each, place, lines, self._statement, where) for each in made]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._place.pop()
        if isinstance(original_node, cst.BaseStatement | cst.BaseSmallStatement):
            self._statements.pop()

    def _lines(self, node: cst.BaseStatement | cst.BaseSmallStatement) -> range:
        """Return a statement's lines; of one that holds others, those of its head."""
        where = self.get_metadata(PositionProvider, node)
        held = node.cases[0] if isinstance(node, cst.Match) else getattr(node, "body", None)
        if not isinstance(node, cst.BaseCompoundStatement) or not isinstance(held, cst.CSTNode):
            return range(where.start.line, where.end.line + 1)
        inner = self.get_metadata(PositionProvider, held).start.line
        return range(where.start.line, max(inner, where.start.line + 1))


def _same_sql(before: cst.CSTNode, after: cst.CSTNode) -> bool:
    one, other = (str(each.value) for each in (before, after) if isinstance(each, cst.SimpleString))
    words = [_SQL_WORD.findall(each) for each in (one, other)]
    return one.casefold() == other.casefold() and words[0] == words[1]


def _call_kept(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in _CALLS_KEPT
