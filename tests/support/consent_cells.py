"""The table of consent: its axes, a cell of it made real in a home, and in words what may happen there."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from shimmy_metrics.records import QueueState
from shimmy_metrics.store.database import opened
from support.installed import Home
from support.queued import fill_outbox
from support.store_files import store_path
from support.users import OTHER

ROOT: Final = hasattr(os, "geteuid") and os.geteuid() == 0
ELSEWHERE: Final = "http://127.0.0.1:9/v1/usage"

WORDS: Final = ("unset", "", "0", "1", "true", "false", "yes", "no", "on", "off", "disabled", "n")

AXES: Final[dict[str, tuple[str, ...]]] = {
    "consent": (
        "none",
        "empty",
        "granted",
        "granted by hand",
        "review",
        "only for me",
        "declined",
        "flat yes",
        "flat no",
        "older schema",
        "newer schema",
        "other endpoint",
        "damaged",
        "unreadable",
        "another's",
        "root's",
        "deleted with a full outbox",
    ),
    "terminal": ("both", "input", "output", "neither", "background"),
    "ci": ("unset", "true"),
    "do_not_track": WORDS,
    "shimmy_metrics": WORDS,
    "store": ("there", "lost", "damaged", "no room", "read-only", "others may write"),
    "command": ("serve", "upstream", "tui", "enable", "disable", "status", "preview", "export", "validate", "demo"),
}

UNSWITCHED: Final[dict[str, tuple[str, ...]]] = {
    "do_not_track": ("unset", "", "0", "false", "no"),
    "shimmy_metrics": ("unset", "", "on", "1", "true", "yes"),
}
"""Every word that switches nothing."""

_YES: Final = ("granted", "granted by hand", "review", "older schema", "newer schema", "other endpoint")
_UNREAD: Final = ("damaged", "unreadable")
_NOT_MINE: Final = ("another's", "root's")


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may happen, each only if true.

    A change in the config's folder, one in the state folder, an internet socket, a process of ours, a request at the
    receiver. `must_send`: a request has to arrive, or the cell proves nothing.
    """

    config: bool
    state: bool
    sockets: bool
    children: bool
    requests: bool
    must_send: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of values of the axes."""

    consent: str
    terminal: str
    ci: str
    do_not_track: str
    shimmy_metrics: str
    store: str
    command: str

    def __str__(self) -> str:
        return ", ".join(f"{field.name} {getattr(self, field.name)!r}" for field in fields(self))

    @property
    def variables(self) -> dict[str, str]:
        """What the cell's environment has more than a person's."""
        named = {"CI": self.ci, "DO_NOT_TRACK": self.do_not_track, "SHIMMY_METRICS": self.shimmy_metrics}
        return {name: word for name, word in named.items() if word != "unset"}

    @property
    def switched_off(self) -> bool:
        """`DO_NOT_TRACK` is set when it is not empty, 0, false, no.

        `SHIMMY_METRICS` switches off with any word but on, 1, true, yes; unset or empty it is no switch.
        """
        return any(getattr(self, name) not in words for name, words in UNSWITCHED.items())

    @property
    def yes(self) -> bool:
        """A yes stands in a file that is the person's own, that can be read, and that nobody else may write.

        Root's counts for root alone.
        """
        return self.consent in _YES or (self.consent == "root's" and ROOT)

    @property
    def measures(self) -> bool:
        """A session is measured under a yes, or only for the person; a switch in its process wins over the config."""
        return (self.yes or self.consent == "only for me") and not self.switched_off

    @property
    def may_leave(self) -> bool:
        """A report may leave under a yes to today's fields or earlier ones, and to the current endpoint."""
        agreed = self.consent in ("granted", "granted by hand", "review", "older schema")
        agreed = agreed or (self.consent == "root's" and self.yes)
        return agreed and not self.switched_off

    @property
    def sends(self) -> bool:
        """It leaves by itself unless reports are held for the person's review, or the store cannot be used."""
        return self.may_leave and self.consent != "review" and self.store in ("there", "lost", "no room")

    @property
    def asks(self) -> bool:
        """The question is open where nothing was decided, no switch is set, and this is not CI.

        An answer that somebody else could have written, and a flat yes (there Enter said yes), decided nothing.
        """
        open_ = self.consent in ("none", "empty", "flat yes", "deleted with a full outbox", *_NOT_MINE)
        return open_ and not self.yes and not self.switched_off and self.ci == "unset"

    @property
    def owed(self) -> bool:
        """What waits though no config holds a yes is deleted by whoever looks.

        A file that cannot be read, or that another could have written, decides nothing: then nothing is deleted.
        """
        return self.consent == "deleted with a full outbox" and self.store in ("there", "no room")

    @property
    def allowed(self) -> Allowed:
        """Nothing acts without a yes but the person's own decision, and the deletion that is owed."""
        serves = self.command in ("serve", "upstream")
        measured = serves and self.measures
        return Allowed(
            # An answer is the person's own act. What cannot be read keeps its bytes; a yes takes the place neither of
            # somebody else's file nor of a newer program's yes.
            config=(self.command == "disable" and self.consent not in _UNREAD)
            or (
                self.command == "enable"
                and (self.yes or self.consent not in (*_UNREAD, *_NOT_MINE))
                and self.consent != "newer schema"
            ),
            # A decision puts the store in order, also where a file that cannot be read is in its way.
            state=measured or self.owed or self.command in ("enable", "disable"),
            # An upstream is reached over sockets, measured or not; the demo lives on loopback, in a profile of its own.
            sockets=measured or self.command in ("upstream", "demo"),
            children=measured or self.command == "demo",
            requests=serves and self.sends and self.consent != "granted by hand",
            must_send=serves and self.sends and self.consent != "granted by hand" and self.store in ("there", "lost"),
        )


def waits(cell: Cell) -> int:
    """Return how many reports wait when the cell begins."""
    if cell.consent == "deleted with a full outbox":
        return 32
    return 1 if cell.consent in (*_YES, *_UNREAD, *_NOT_MINE) else 0


@contextmanager
def made(cell: Cell, root: Path, receiver: str) -> Iterator[Home]:
    """Give the cell's home. The receiver agreed to is at the URL `receiver`."""
    root.mkdir()
    home = Home(root, dict(cell.variables))
    _decide(home, receiver, cell)
    with opened(home.profile):
        pass
    fill_outbox(home.profile, *range(1, waits(cell) + 1))
    if cell.consent == "review":
        with opened(home.profile) as db:
            db.execute("UPDATE outbox SET state = ?", (QueueState.HELD_BY_MODE,))
    _redecide(home, cell)
    with _stored(home, cell):
        if cell.consent == "another's":
            home.profile.config_path.chmod(0o644)
            os.chown(home.profile.config_path, OTHER, OTHER)
        yield home.having(SHIMMY_METRICS_ENDPOINT=ELSEWHERE) if cell.consent == "other endpoint" else home


def _decide(home: Home, receiver: str, cell: Cell) -> None:
    """Write the config under which what waits was sealed."""
    metrics: dict[str, object] = {
        "enabled": True,
        "session_id": "c0ffee00-0000-4000-8000-0000000000aa",
        "last_updated": "2026-11-23T00:00:00Z",
        "schema_version": 2 if cell.consent == "newer schema" else 1,
        "endpoint": receiver,
    }
    if cell.consent == "older schema":
        del metrics["schema_version"]  # as before there were schema versions
    if cell.consent == "review":
        metrics["delivery"] = "review"
    if cell.consent == "granted by hand":
        metrics = {"enabled": True}
    path = home.profile.config_path
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text(json.dumps({"metrics": metrics, "theme": "dark"}))
    path.chmod(0o600)


def _redecide(home: Home, cell: Cell) -> None:
    """Bring the config to what the cell finds."""
    path = home.profile.config_path
    texts = {
        "empty": "{}",
        "only for me": '{"metrics": {"enabled": false, "local": true, "session_id": "a"}}',
        "declined": '{"metrics": {"enabled": false, "session_id": "a"}}',
        "flat yes": '{"enabled": true, "session_id": "a"}',
        "flat no": '{"enabled": false, "session_id": "a"}',
        "damaged": '{"metrics": {"enabled": true,',
    }
    if cell.consent in texts:
        path.write_text(texts[cell.consent])
    if cell.consent in ("none", "deleted with a full outbox"):
        path.unlink()
    if cell.consent == "unreadable" and ROOT:  # who can read it whatever its mode
        path.unlink()
        path.mkdir()
    elif cell.consent == "unreadable":
        path.chmod(0)


@contextmanager
def _stored(home: Home, cell: Cell) -> Iterator[None]:
    """Bring the store to what the cell finds."""
    state, store = home.profile.state_path, store_path(home.profile)
    match cell.store:
        case "lost":
            shutil.rmtree(state)
        case "damaged":
            store.write_bytes(b"this was a database once" * 500)
        case "others may write":
            state.chmod(0o777)
        case "read-only" if not ROOT:
            for each in state.iterdir():
                each.chmod(0o400)
            state.chmod(0o500)
        case "read-only" | "no room":
            with _on_a_disk(state, full=cell.store == "no room"):
                yield
            return
    yield
    if state.exists():
        state.chmod(0o700)


@contextmanager
def _on_a_disk(folder: Path, *, full: bool) -> Iterator[None]:
    """Put the folder on a disk of its own: without room for another byte, or read-only."""
    held = {each.name: each.read_bytes() for each in folder.iterdir()}
    pages = sum(-(-len(data) // 4096) for data in held.values())
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={pages * 4}k,mode=700", "tmpfs", str(folder)], check=True)
    try:
        for name, data in held.items():
            (folder / name).write_bytes(data)
            (folder / name).chmod(0o600)
        if not full:
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
