"""Which store a folder has: its own files alone, or a cluster behind them. What is above knows the five verbs."""

from typing import TYPE_CHECKING, Final, Union

from shimmy_metrics.errors import UserError, reason_of
from shimmy_metrics.receiver.folder import Folder, write_private
from shimmy_metrics.receiver.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from shimmy_metrics.receiver.clickhouse.drain import Drain
    from shimmy_metrics.receiver.clickhouse.store import ClusterStore

SQLITE: Final = "sqlite"


OwnStore = Union[SqliteStore, "ClusterStore"]
"""A store as the process has it that opened it."""


def choose(folder: Folder, text: str) -> None:
    """Let the folder have this store from now on. Raise `UserError` where that is none, or reports would be left."""
    before = _chosen(folder)
    if text == SQLITE:
        if before != SQLITE:
            raise UserError(
                "reports of this folder may be in a cluster, and nobody would delete them there",
                where=f"--store {SQLITE}",
                remedy="Name another folder with --data, or go on without --store",
            )
        return
    from shimmy_metrics.receiver.clickhouse.address import parse

    parse(text)
    if text != before:
        write_private(folder.store, f"{text}\n".encode())


def open_store(folder: Folder) -> OwnStore:
    """Return the folder's store. Raise `UserError`."""
    text = _chosen(folder)
    if text == SQLITE:
        return SqliteStore(folder)
    from shimmy_metrics.receiver.clickhouse.address import parse
    from shimmy_metrics.receiver.clickhouse.cluster import Cluster
    from shimmy_metrics.receiver.clickhouse.store import ClusterStore

    return ClusterStore(folder, Cluster(parse(text, str(folder.store))))


def drain_of(folder: Folder) -> "Drain | None":
    """Return what delivers to the folder's cluster; None where there is none. Raise `UserError`."""
    text = _chosen(folder)
    if text == SQLITE:
        return None
    from shimmy_metrics.receiver.clickhouse.address import parse
    from shimmy_metrics.receiver.clickhouse.cluster import Cluster
    from shimmy_metrics.receiver.clickhouse.drain import Drain

    return Drain(folder, Cluster(parse(text, str(folder.store))))


def _chosen(folder: Folder) -> str:
    try:
        return folder.store.read_text().strip()
    except FileNotFoundError:
        return SQLITE
    except OSError as error:
        raise UserError(f"cannot be read ({reason_of(error)})", where=str(folder.store)) from None
