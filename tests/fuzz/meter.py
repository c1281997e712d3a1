"""Fuzzes the meter, guided by coverage: `cd tests && python -m fuzz.meter -max_total_time=600` (packages: `.[fuzz]`).

Options are libFuzzer's. It begins with what is kept in `fuzz/corpus` and with the suite's own conversations, and keeps
what is new in `.cache/fuzz`; an input that fails is written to the working directory, and `python -m fuzz.meter FILE`
repeats it. `python -m fuzz.meter keep` takes into the corpus the shortest of what it found that reach all that was
reached; each suite repeats those (`units/meter/test_mutations.py`), with any Python and without the fuzzer.
"""

import hashlib
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

CORPUS: Final = Path(__file__).parent / "corpus"
_FOUND: Final = Path(__file__).parents[2] / ".cache" / "fuzz"
_INPUT_BYTES: Final = 4_096

PUT_IN: Final = (
    *(b"\r\n", b"\n\n", b"\r", b"\n", b"\0", b'"', b"{", b"}", b"[", b"]", b":", b"\\", b"\xff", b"\xed\xa0\x80"),
    *(b"0", b"9" * 20, b"null", b"data: ", b"\\ud800", b'"usage":{', b'"choices":[', b'"model":"', b'{"error":1}'),
    *(b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"\x81\x05"),
)
"""What breaks HTTP, JSON and streams: put in by the fuzzer and by the tests."""


def _words(path: Path) -> Path:
    """Write libFuzzer's dictionary; return where."""
    quoted = ("".join(f"\\x{byte:02x}" for byte in word) for word in PUT_IN)
    path.write_text("".join(f'"{word}"\n' for word in quoted), encoding="ascii")
    return path


def _reached(data: bytes) -> set[tuple[str, int, int]]:
    """Return the steps from line to line in the meter that an input leads to."""
    from support.split_reads import check_input  # the fuzzer measures what is imported

    steps: set[tuple[str, int, int]] = set()
    lines: dict[FrameType, int] = {}

    def trace(frame: FrameType, _: str, __: object) -> Any:  # noqa: ANN401 - it returns itself
        name = frame.f_code.co_filename
        if "/meter/" not in name:
            return None
        steps.add((name, lines.get(frame, 0), frame.f_lineno))
        lines[frame] = frame.f_lineno
        return trace

    sys.settrace(trace)
    try:
        check_input(data)
    finally:
        sys.settrace(None)
    return steps


def keep() -> None:
    """Renew the corpus."""
    inputs = {path.read_bytes() for folder in (_FOUND, CORPUS) for path in folder.iterdir()}
    for path in CORPUS.iterdir():
        path.unlink()
    reached: set[tuple[str, int, int]] = set()
    for data in sorted(inputs, key=lambda data: (len(data), data)):
        steps = _reached(data)
        if not steps <= reached:
            reached |= steps
            CORPUS.joinpath(hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)


def main() -> None:
    """Fuzz until the options' limit, or for ever."""
    import atheris  # the suite takes from here without it

    with atheris.instrument_imports(include=["shimmy_metrics.meter"]):
        from support.conversations import CASES
        from support.split_reads import Conversation, check_input

    _FOUND.mkdir(parents=True, exist_ok=True)
    for number, (asked, told) in enumerate(CASES):
        _FOUND.joinpath(f"case-{number}").write_bytes(Conversation(asked, told).input())
    options = [f"-dict={_words(_FOUND.with_name('fuzz.dict'))}", f"-max_len={_INPUT_BYTES}"]
    named = any(not each.startswith("-") for each in sys.argv[1:])
    folders = [] if named else [str(_FOUND), str(CORPUS)]
    atheris.Setup([*sys.argv[:1], *options, *sys.argv[1:], *folders], check_input)
    atheris.Fuzz()


if __name__ == "__main__":
    keep() if sys.argv[1:] == ["keep"] else main()
