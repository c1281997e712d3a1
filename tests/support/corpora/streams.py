"""Extract the recorded streams from the packages: literals in Python, Rust and C, and two file formats."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_TOO_LONG: Final = 200_000
"""Bytes. Some tests repeat a letter a million times; the relay's speed is tried elsewhere."""

_REQUEST: Final = re.compile(rb"[!-~]+ [^\r\n]* ?HTTP/\d")
_ANSWER: Final = re.compile(rb"\s*HTTP/\d\.\d ?\d*")

_RUST_TEXT: Final = re.compile(r'b"((?:[^"\\]|\\.)*)"', re.DOTALL)
_C_TEXTS: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
_BETWEEN: Final = re.compile(r'"\s*"')
_ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{2}|\n\s*|.)", re.DOTALL)
_FENCED: Final = re.compile(r"^```http\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LETTERS: Final = {"r": "\r", "n": "\n", "t": "\t", "f": "\f", "0": "\0"}


class Stream(NamedTuple):
    """What one side of a connection sent in somebody's test. `origin` names the package and the file."""

    origin: str
    data: bytes

    @property
    def is_answer(self) -> bool:
        """Tell whether a server sends this."""
        return _ANSWER.match(self.data) is not None


def streams(packages: dict[str, Path]) -> list[Stream]:
    """Return each stream once, in a fixed order."""
    found: dict[bytes, str] = {}
    for name, folder in packages.items():
        for origin, data in _of_package(name, folder):
            if len(data) <= _TOO_LONG:
                found.setdefault(data, origin)
    return [Stream(origin, data) for data, origin in found.items()]


def _of_package(name: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        origin = f"{name}: {path.relative_to(folder)}"
        parts = {part.lower() for part in path.relative_to(folder).parts}
        if path.suffix == ".rs":
            texts = _of_rust(path.read_text(errors="replace"))
        elif path.suffix == ".c" and path.name.startswith("test"):
            texts = _of_c(path.read_text(errors="replace"))
        elif path.suffix == ".py" and ("tests" in parts or path.name.startswith("test_")):
            texts = _of_python(path.read_bytes())
        elif path.suffix == ".http":
            texts = iter([_of_gunicorn(path.read_text(encoding="latin-1"))])
        elif path.suffix == ".md" and "llhttp" in parts and "test" in parts:
            texts = _of_llhttp(path.read_text(encoding="utf-8"))
        else:
            continue
        yield from ((origin, data) for data in texts)


def _http(data: bytes) -> bool:
    return bool(_REQUEST.match(data) or _ANSWER.match(data))


def _of_python(source: bytes) -> Iterator[bytes]:
    """Fold constant expressions; each outermost one that starts like a request or a response is a stream."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        value = _folded(node)
        if value is None:
            waiting.extend(ast.iter_child_nodes(node))
        elif _http(value):
            yield value


def _folded(node: ast.AST) -> bytes | None:
    match node:
        case ast.Constant(value=bytes() as data):
            return data
        case ast.Constant(value=str() as text):
            return text.encode("utf-8", "surrogateescape")
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _folded(left), _folded(right)
            return None if first is None or second is None else first + second
        case ast.BinOp(left=left, op=ast.Mult(), right=ast.Constant(value=int() as times)):
            repeated = _folded(left)
            return None if repeated is None or len(repeated) * times > _TOO_LONG else repeated * times
        case ast.Call(func=ast.Attribute(value=between, attr="join"), args=[ast.List() | ast.Tuple() as joined]):
            gap, parts = _folded(between), [_folded(each) for each in joined.elts]
            return None if gap is None or None in parts else gap.join(part for part in parts if part is not None)
    return None


def _of_rust(source: str) -> Iterator[bytes]:
    yield from filter(_http, (_unescaped(match[1]) for match in _RUST_TEXT.finditer(source)))


def _of_c(source: str) -> Iterator[bytes]:
    """Join adjacent literals, as C does."""
    yield from filter(_http, (_unescaped(_BETWEEN.sub("", match[0])[1:-1]) for match in _C_TEXTS.finditer(source)))


def _unescaped(literal: str) -> bytes:
    def plain(match: re.Match[str]) -> str:
        escape = match[1]
        if escape[0] == "x" and len(escape) == 3:
            return chr(int(escape[1:], 16))
        return "" if escape[0] == "\n" else _LETTERS.get(escape, escape)

    return _ESCAPE.sub(plain, literal).encode("latin-1", "ignore")


def _of_gunicorn(text: str) -> bytes:
    r"""Parse gunicorn's format: line breaks count for nothing, line ends are written `\r\n`."""
    text = text.replace("\n", "").replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace("\\0", "\0")
    return text.encode("latin-1")


def _of_llhttp(text: str) -> Iterator[bytes]:
    r"""Parse llhttp's format: each line ends in CR LF unless it ends in `\`; other bytes are escapes."""
    for match in _FENCED.finditer(text):
        lines = match[1].removesuffix("\n").replace("\\\n", "").replace("\n", "\r\n")
        plain = re.sub(r"\\x([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), lines)
        yield re.sub(r"\\([rntf])", lambda found: _LETTERS[found[1]], plain).encode("utf-8")
