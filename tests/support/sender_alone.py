"""The sender with everything around it decided by the test: no socket, no clock of the machine."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shimmy_metrics.delivery import sender
from shimmy_metrics.delivery.backoff import session_ended
from shimmy_metrics.delivery.sender import send_queued
from shimmy_metrics.records import Departure, QueueState
from shimmy_metrics.store import chain, departures, outbox, releases
from shimmy_metrics.store.database import BUSY_SECONDS, Database, get_meta
from shimmy_metrics.system.profile import Profile
from support.fake_wire import Exchange, FakeWire
from support.queued import LOCAL, report
from support.samples import profile

YES = "the yes in force"


class Sender:
    """A home with a yes, its store in memory, and a wire that is scripted."""

    def __init__(self, root: Path, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.db = db
        self.profile = profile(root)
        self.busy_seconds: list[float] = []
        self.at_opening: Callable[[int], object] = lambda _: None
        self.agree()
        self.profile.state_path.mkdir(mode=0o700, parents=True)
        self.wire = FakeWire([])
        self._monkeypatch = monkeypatch
        for name, stand_in in (("opened", self._opened), ("open_readonly", self._opened)):
            monkeypatch.setattr(sender, name, stand_in)

    @contextmanager
    def _opened(self, of: Profile, busy_seconds: float = BUSY_SECONDS) -> Iterator[Database]:
        assert of is self.profile
        self.busy_seconds.append(busy_seconds)
        self.at_opening(len(self.busy_seconds))
        yield self.db

    def agree(self, consent_id: str = YES, endpoint: str = LOCAL, **more: object) -> None:
        metrics = {"enabled": True, "session_id": consent_id, "schema_version": 1, "endpoint": endpoint, **more}
        self.profile.config_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.profile.config_path.write_text(json.dumps({"metrics": metrics}))

    def withdraw(self) -> None:
        self.profile.config_path.unlink()

    def damage(self) -> None:
        self.profile.config_path.write_text("{")

    def queue(self, *numbers: int, consent_id: str = YES, endpoint: str = LOCAL) -> None:
        for number in numbers:
            outbox.add(self.db, report(number, consent_id, endpoint))

    def end(self) -> bool:
        """Count the end of a session."""
        return session_ended(self.db)

    def release(self, *reports: int, consent_id: str = YES) -> None:
        """Release reports by hand, as a person does who agreed to this."""
        releases.release(self.db, reports, consent_id, self.profile.clock.now())

    def send(self, *exchanges: Exchange, seconds: float = 5.0) -> FakeWire:
        """Run the sender once against these answers, as a session's end does; return the wire."""
        self.end()
        return self.run(*exchanges, seconds=seconds)

    def send_released(self, *reports: int, meets: Exchange | None = None) -> FakeWire:
        """Release these reports by hand and run their sender; return the wire."""
        self.release(*reports)
        return self.run(*(() if meets is None else (meets,)), released=reports)

    def run(self, *exchanges: Exchange, seconds: float = 5.0, released: tuple[int, ...] = ()) -> FakeWire:
        """Run the sender, whoever started it; return the wire."""
        self.wire = FakeWire(exchanges)
        self._monkeypatch.setattr(sender, "Post", self.wire.post)
        self._monkeypatch.setattr(sender, "time", self.wire.time)
        send_queued(self.profile, self.wire.began + seconds, released)
        assert chain.broken(self.db) == []
        return self.wire

    @property
    def departures(self) -> list[Departure]:
        """Every departure, oldest first."""
        return departures.everything(self.db)[::-1]

    @property
    def states(self) -> dict[str, QueueState]:
        """What waits, by its report's id."""
        return {each.report_id: each.state for each in outbox.everything(self.db)}

    @property
    def back_off(self) -> tuple[str, str]:
        """How many attempts failed, and how many session ends made none since."""
        return get_meta(self.db, "failures"), get_meta(self.db, "passed-over")
