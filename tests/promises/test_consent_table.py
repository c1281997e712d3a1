"""The table of consent: in no cell anything acts without a yes, and off is no socket, no file and no child."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from shimmy_metrics.actions.settings import read_settings
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.consent import effective_consent, state
from shimmy_metrics.demo.toy_server import ToyServer
from shimmy_metrics.errors import UserError
from shimmy_metrics.receiver.loopback import LoopbackReceiver
from shimmy_metrics.report.validate import validate_body
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.system.profile import Profile
from support.consent_cells import AXES, ROOT, UNSWITCHED, WORDS, Cell, made
from support.covering import covering, every_pair, pairs
from support.installed import Home
from support.one_line import can_mount
from support.servers import free_port
from support.stand_in import plain_stand_in
from support.store_files import store_path
from support.traced import STRACE, Traced, run

SEED: Final = 14
ROWS: Final = {
    "any": [Cell(**row) for row in covering(AXES, SEED)],
    # Where a switch is set little can happen, and most words are one: so the rest once more without any.
    "none": [Cell(**row) for row in covering({**AXES, **UNSWITCHED}, SEED)],
    # Each answer before a server, with a store and a report in it: where it has to leave, or must not.
    "served": [
        Cell(consent, terminal, "unset", "unset", "unset", store, command)
        for consent, command, (terminal, store) in product(
            AXES["consent"], ("serve", "upstream"), (("neither", "there"), ("background", "lost"))
        )
    ],
}
"""The rows, by why they are tried."""

SECONDS: Final = {"demo": 8.0, "upstream": 3.0, "serve": 3.0, "tui": 4.0}
"""What a command takes under strace, about; others take one."""

SUITE_SECONDS: Final = {"any": 20.0, "none": 40.0, "served": 9.0}

SAYS_YES: Final = ("damaged", "another's", "root's", "flat yes")
"""In these a yes stands that does not count."""

Seen = dict[str, object]

needs_strace = pytest.mark.skipif(
    STRACE is None and not os.environ.get("CI"), reason="strace is not installed: NOTHING OF THIS TABLE WAS TRIED"
)
needs_mount = pytest.mark.skipif(not can_mount(), reason="this user may mount nothing")
needs_root = pytest.mark.skipif(not ROOT, reason="only root can give files away")


def _params() -> Iterator[object]:
    """Yield the rows: those that cover most run in every suite, as many as its share of time allows."""
    for group, rows in ROWS.items():
        left = SUITE_SECONDS[group]
        for number, cell in enumerate(rows):
            marks = [needs_strace]
            if cell.store == "no room" or (cell.store == "read-only" and ROOT):
                marks.append(needs_mount)
            if cell.consent in ("another's", "root's"):
                marks.append(needs_root)
            left -= SECONDS.get(cell.command, 1.0)
            if left < 0:
                marks.append(pytest.mark.long)
            name = f"{group}-{number}-{cell.consent}-{cell.command}".replace(" ", "-")
            yield pytest.param(cell, marks=marks, id=name)


def _seen(folder: Path) -> Seen:
    """Return everything in a folder: what it is, whose, and what it holds."""
    found: Seen = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        if path.exists():
            status = path.stat()
            what = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (status.st_mode, status.st_uid, what)
    return found


def _words(cell: Cell, port: int, toy: ToyServer) -> list[str]:
    bind = ["--bind", f"127.0.0.1:{port}"]
    match cell.command:
        case "serve":
            return ["serve", *bind]
        case "upstream":
            return ["serve", "--upstream", toy.url, *bind]
        case "tui" | "demo":
            return [cell.command]
    return ["config", "--metrics", cell.command]


class _Did(NamedTuple):
    """What was seen of one cell: the kernel's record, the folders before and after, and what reached the receiver."""

    traced: Traced
    config: tuple[Seen, Seen]
    state: tuple[Seen, Seen]
    received: list[bytes]
    waiting: int
    says_yes: bool
    folders: tuple[Path, Path]


@pytest.mark.parametrize("cell", list(_params()))
def test_no_cell_acts_without_a_yes(tmp_path: Path, cell: Cell) -> None:
    assert STRACE is not None
    did = _tried(tmp_path, cell)
    assert list(_broken(cell, did)) == [], f"{cell}\n{did.traced.output.decode(errors='replace')[-2000:]}"


def _tried(root: Path, cell: Cell) -> _Did:
    real = plain_stand_in(root)
    port = free_port() if cell.command in ("serve", "upstream") else 0
    with LoopbackReceiver() as receiver, ToyServer() as toy, made(cell, root / "home", receiver.url) as person:
        home = person.having(SHIMMY_BIN=str(real))
        config, state = home.profile.config_path.parent, home.profile.state_path
        before = _seen(config), _seen(state)
        # It returns when the last of our processes is gone: a sender that a session left behind among them.
        traced = run(home, _words(cell, port, toy), terminal=cell.terminal, port=port, real=real)
        return _Did(
            traced,
            (before[0], _seen(config)),
            (before[1], _seen(state)),
            [arrived.body for arrived in receiver.received],
            _waiting(home) if cell.store == "there" else 0,
            _says_yes(home),
            (config, state),
        )


def _broken(cell: Cell, did: _Did) -> Iterator[str]:
    """Yield what happened in a cell and may not, and what did not happen and has to."""
    allowed, traced = cell.allowed, did.traced
    decides = cell.command in ("enable", "disable")
    before, after = did.config
    lock = str(did.folders[0] / ".lock") if decides else ""  # a decision takes it before it sees that it can do nothing
    if not allowed.config and {name: each for name, each in after.items() if name != lock} != before:
        yield "the config's folder changed"
    if not allowed.state and did.state[0] != did.state[1]:
        yield "the state folder changed"
    if not allowed.sockets and traced.internet:
        yield f"a socket: {traced.internet[0]}"
    if not allowed.children and traced.children:
        yield f"a child: {traced.children[0]}"
    if not allowed.requests and did.received:
        yield "a request reached the receiver"
    if any(validate_body(report) for body in did.received for report in _bodies(body)):
        yield "what reached the receiver is not what the fields allow"
    if allowed.must_send and not did.received:
        yield "nothing reached the receiver"
    if cell.owed and cell.command not in ("demo", "serve", "upstream") and did.waiting:
        yield "what there is no consent for was not deleted"
    # The app's and a relay's own loop have a socket to themselves, and `validate` asks for the user's name.
    if (decides or cell.command in ("status", "preview", "export")) and traced.sockets:
        yield f"a socket: {traced.sockets[0]}"
    asked = cell.asks and cell.terminal == "both"
    if cell.command == "serve" and not (cell.measures or cell.owed or asked):
        # Off is off: to the kernel we were never there.
        if traced.sockets:
            yield f"a socket: {traced.sockets[0]}"
        if any(map(traced.changed, did.folders)):
            yield "a file was opened to be written"
    if not cell.yes and cell.command != "enable" and cell.consent not in SAYS_YES and did.says_yes:
        yield "a yes that nobody gave"


def _waiting(home: Home) -> int:
    with closing(sqlite3.connect(f"file:{store_path(home.profile)}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM outbox").fetchone()[0])


def _bodies(body: bytes) -> list[bytes]:
    if not body.startswith(b"["):
        return [body]
    return [json.dumps(each, separators=(",", ":")).encode() for each in json.loads(body)]


def _says_yes(home: Home) -> bool:
    try:
        text = home.profile.config_path.read_text()
    except OSError:
        return False
    return '"enabled": true' in text


@pytest.mark.parametrize("axes", [AXES, {**AXES, **UNSWITCHED}])
def test_the_rows_hold_every_pair_of_values_and_are_the_same_each_time(axes: dict[str, tuple[str, ...]]) -> None:
    rows = covering(axes, SEED)
    assert not every_pair(axes) - set().union(*map(pairs, rows))
    assert rows == covering(axes, SEED)
    assert len(rows) < 230  # 204 and 170 at least: the answers by the words, by the commands


READ: Final = [name for name in AXES["consent"] if ROOT or name not in ("another's", "root's")]


def test_the_whole_product_of_answer_words_ci_and_asker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (state, effective_consent):  # so that one version is older
        monkeypatch.setattr(module, "SCHEMA_VERSION", 2)
    tried = 0
    for name in READ:
        plain = Cell(name, "neither", "unset", "unset", "unset", "lost", "status")
        with made(plain, tmp_path / name, "http://127.0.0.1:8/v1/usage") as home:
            text = home.profile.config_path
            if name == "newer schema":
                text.write_text(text.read_text().replace('"schema_version": 2', '"schema_version": 3'))
            elif text.is_file() and name != "older schema":
                text.write_text(text.read_text().replace('"schema_version": 1', '"schema_version": 2'))
            for ci, dnt, word, opened in product(AXES["ci"], WORDS, WORDS, (False, True)):
                cell = Cell(name, "neither", ci, dnt, word, "lost", "status")
                variables = {**home.variables, **cell.variables}
                profile = Profile(home.profile.config_path, home.profile.state_path, Environment(variables))
                tried += 1
                if name in ("damaged", "unreadable"):
                    with pytest.raises(UserError):
                        read_consent(profile)
                    continue
                consent = read_consent(profile)
                assert consent.measures == cell.measures, cell
                assert consent.sends == cell.may_leave, cell
                renews = name in ("older schema", "granted by hand") and not cell.switched_off and ci == "unset"
                in_container = profile.environment.in_container and not opened
                assert read_settings(profile, opened=opened).asks == ((cell.asks or renews) and not in_container), cell
    assert tried == len(READ) * len(AXES["ci"]) * len(WORDS) ** 2 * 2
