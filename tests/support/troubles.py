"""Troubles that a test brings about before a command runs: a config, a store, a given file, an outbox."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from shimmy_metrics.records import QueueState
from shimmy_metrics.store.tables import VERSION
from support.installed import Home
from support.queue_report import FIRST, queue_report
from support.store_files import store_path

NOWHERE: Final = "http://127.0.0.1:9/v1/usage"


def config(text: str | bytes) -> Callable[[Home], None]:
    def write(home: Home) -> None:
        home.profile.config_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        home.profile.config_path.write_bytes(text if isinstance(text, bytes) else text.encode())

    return write


def store(change: Callable[[Path], object]) -> Callable[[Home], None]:
    def make(home: Home) -> None:
        home.agree()
        queue_report(home)
        change(store_path(home.profile))

    return make


def another_s(path: Path) -> None:
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE notes (note TEXT)")
    db.close()


def newer(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version={VERSION + 1}")
    db.close()


def as_newer_programs_do(home: Home) -> None:
    db = sqlite3.connect(store_path(home.profile))
    db.execute(f"PRAGMA user_version={VERSION}")
    db.close()


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def move_store_away(home: Home) -> None:
    store_path(home.profile).rename(home.root / "moved")


def with_variables(**variables: str) -> Callable[[Home], Home]:
    return lambda home: home.having(**variables)


def given(make: Callable[[Path], object]) -> Callable[[Home], None]:
    def given(home: Home) -> None:
        make(home.root / "given")

    return given


def name_a_file(home: Home) -> None:
    path = home.root / "given"
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.write_text(home.metrics("preview").stdout)


def program(text: str) -> Callable[[Home], Home]:
    def make(home: Home) -> Home:
        path = home.root / "program"
        path.write_bytes(text.encode())
        path.chmod(0o755)
        return home.having(SHIMMY_BIN=str(path))

    return make


def enabled(home: Home) -> None:
    home.agree()


def held(home: Home) -> None:
    home.agree()
    queue_report(home, FIRST, QueueState.HELD_BY_MODE)


def held_too_long(home: Home) -> None:
    home.agree()
    queue_report(home, FIRST, QueueState.HELD_BY_MODE, days=15)


def held_and_damaged(home: Home) -> None:
    held(home)
    db = sqlite3.connect(store_path(home.profile))
    db.execute("UPDATE outbox SET state = 'set-aside', cause = 'damaged'")
    db.commit()
    db.close()


def held_anew(home: Home) -> None:
    home.metrics("disable")
    held(home)
