"""The installed commands under strace: which sockets, processes and files they ask the kernel for."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.installed import BIN, Home, wait_until
from support.servers import ask, listening

STRACE: Final = shutil.which("strace")
LONG: Final = 60.0
_QUIET_SECONDS: Final = 0.5
_STOPPED_SECONDS: Final = 3.0

_LINE: Final = re.compile(r"^(\d+) +(\w+)\((.*)")
_WRITES: Final = re.compile(r"O_(CREAT|WRONLY|RDWR)")
_CHANGES: Final = ("creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat", "symlink",
                   "symlinkat", "unlink", "unlinkat", "truncate")  # fmt: skip
_CALLS: Final = ",".join(("trace=network", "process", "openat", *sorted(_CHANGES)))


@dataclass(frozen=True, slots=True)
class Traced:
    """The system calls of our processes, one a line; those of the real binary are left out."""

    output: bytes
    sockets: tuple[str, ...]
    internet: tuple[str, ...]
    children: tuple[str, ...]
    changes: tuple[tuple[str, str], ...]
    """Calls that make, change or remove a file, each with its arguments."""

    def changed(self, folder: Path) -> list[tuple[str, str]]:
        """Return those that name something in the folder."""
        return [each for each in self.changes if f'"{folder}' in each[1]]


def run(home: Home, words: list[str], *, terminal: str, port: int = 0, real: Path | None = None) -> Traced:
    """Run a command to its end and return what it did.

    `terminal`: `both` standard streams, the `input` or the `output` alone, `neither`, or both in the `background`. With
    a `port` it serves there: it is asked once and ended by Ctrl-C's signal. At a terminal whoever waits for an answer
    gets Enter, and then the line drops. `real` is the binary that is handed over to.
    """
    trace = home.root.parent / f"{home.root.name}.trace"
    near, far = pty.openpty()
    null = os.open(os.devnull, os.O_RDWR)
    read, write = os.pipe()
    at_terminal = terminal in ("both", "background")
    background = [sys.executable, "-S", "-c", _BACKGROUND] if terminal == "background" else []
    process = subprocess.Popen(
        [*(["setsid", "--ctty"] if at_terminal else []), *background,
         str(STRACE), "-f", "-qq", "--seccomp-bpf", "-s", "200", "-e", _CALLS, "-o", str(trace),
         str(BIN / "shimmy"), *words],
        env={"TERM": "xterm-256color", "PYTHONDONTWRITEBYTECODE": "1", **home.environment},
        cwd="/",
        stdin=far if terminal in ("both", "background", "input") else null,
        stdout=far if terminal in ("both", "background", "output") else write,
        stderr=write,
        start_new_session=not at_terminal,
    )  # fmt: skip
    for each in (far, null, write):
        os.close(each)
    heard = [_Heard(near), _Heard(read)]
    try:
        _see_it_through(process, trace, heard, near, port, real, at_terminal=at_terminal)
        process.wait(LONG)
    finally:
        if process.poll() is None:
            for each in _processes(trace):
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            process.kill()
            process.wait()
        with suppress(OSError):
            os.close(near)
    return _parsed(trace, b"".join(each.output for each in heard), real)


_BACKGROUND: Final = """
import os, sys
child = os.fork()
if not child:
    os.setpgid(0, 0)
    os.execv(sys.argv[1], sys.argv[1:])
os.waitpid(child, 0)
"""


class _Heard:
    """What comes out of a descriptor, read by a thread until its end."""

    def __init__(self, descriptor: int) -> None:
        self.output = b""
        self.last = time.monotonic()
        self._descriptor = descriptor
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with suppress(OSError):
            while data := os.read(self._descriptor, 65_536):
                self.output += data
                self.last = time.monotonic()


def _see_it_through(
    process: "subprocess.Popen[bytes]",
    trace: Path,
    heard: list[_Heard],
    near: int,
    port: int,
    real: Path | None,
    *,
    at_terminal: bool,
) -> None:
    if port:
        if wait_until(lambda: process.poll() is not None or listening(port), LONG) and process.poll() is None:
            with suppress(OSError):
                ask(port, path="/v1/models")
            # By then it is known whether it is measured (then the store has it), or we have become the real binary.
            said = (b"measured", b"metrics are off")
            wait_until(
                lambda: any(word in each.output for each in heard for word in said) or _handed_over(trace, real), LONG
            )
            _end(trace)
        return
    if not at_terminal:
        return
    began = time.monotonic()

    def waits() -> bool:
        said = any(each.output for each in heard)
        quiet = time.monotonic() - max(each.last for each in heard) > _QUIET_SECONDS
        stopped = not said and time.monotonic() - began > _STOPPED_SECONDS and _stopped(trace)
        return process.poll() is not None or (said and quiet) or stopped

    for keys in (b"\r", b"\x04"):
        if wait_until(waits, LONG) and process.poll() is None:
            with suppress(OSError):
                os.write(near, keys)
            time.sleep(_QUIET_SECONDS)
    if not wait_until(lambda: process.poll() is not None, _QUIET_SECONDS):
        for each in _processes(trace)[:1]:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGHUP)  # as the kernel does on a hang-up
                os.kill(each, signal.SIGCONT)
    # A background job stops each time it touches the terminal; closing the terminal ends it.
    if not wait_until(lambda: process.poll() is not None, _STOPPED_SECONDS):
        for each in _processes(trace):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)


def _handed_over(trace: Path, real: Path | None) -> bool:
    """Whether the command became the real binary, in the same process."""
    first = f"{_processes(trace)[0]} "
    return any(line.startswith(first) and f'execve("{real}"' in line for line in trace.read_text().splitlines())


def _end(trace: Path) -> None:
    for each in _processes(trace)[:1]:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGINT)


def _processes(trace: Path) -> list[int]:
    """Return the traced processes and threads, the command's own first."""
    found: dict[int, None] = {}
    with suppress(OSError):
        for line in trace.read_text().splitlines():
            number, _, _ = line.partition(" ")
            if number.isdecimal():
                found[int(number)] = None
    return list(found)


def _stopped(trace: Path) -> bool:
    with suppress(OSError, IndexError):
        return Path(f"/proc/{_processes(trace)[0]}/stat").read_text().rpartition(")")[2].split()[0] in ("T", "t")
    return False


def _parsed(trace: Path, output: bytes, real: Path | None) -> Traced:
    handed_over: set[str] = set()
    begun = False
    sockets: list[str] = []
    internet: list[str] = []
    children: list[str] = []
    changes: list[tuple[str, str]] = []
    for line in trace.read_text().splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        number, call, arguments = found.groups()
        if call == "execve":
            begun = begun or arguments.startswith(f'"{BIN}/shimmy"')
            if real is not None and arguments.startswith(f'"{real}"'):
                handed_over.add(number)
        if not begun or number in handed_over:
            continue
        if call in ("socket", "socketpair"):
            (internet if "AF_INET" in arguments else sockets).append(line)
        elif call in ("clone", "clone3", "fork", "vfork") and "CLONE_THREAD" not in arguments:
            children.append(line)
        elif call in _CHANGES or (call == "openat" and _WRITES.search(arguments)):
            changes.append((call, arguments))
    assert begun, "strace saw no command of ours"
    return Traced(output, tuple(sockets), tuple(internet), tuple(children), tuple(changes))
