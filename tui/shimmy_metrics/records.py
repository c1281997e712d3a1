"""What the store holds, as values: sessions, queued reports, departures and notes. They are tuples, as rows are."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.limits import OUTBOX_DAYS


class Session(NamedTuple):
    """One run of the inference server. Times are UTC; `row_id` is 0 before the store gave one.

    `consent_id` names the decision under which it is measured, empty where it is only for the person (`local`). One
    that ended is kept for the person, or, where it is not `local`, until its report has left. `server` is what the
    server calls itself in `/health` (`shimmy`, or empty where it says nothing we know); `version` its own version.
    `endpoint` and `switch` are the endpoint and the environment switch in force in its process. `address` is where
    clients reach it, `client_hint` the environment's word for the program around it, or empty. `ended` is None while it
    runs.
    """

    row_id: int
    report_id: str
    consent_id: str
    endpoint: str
    local: bool
    server: str
    version: str
    address: str
    switch: str
    client_hint: str
    started: datetime
    updated: datetime
    ended: datetime | None
    counters: Counters


class Day(NamedTuple):
    """A local day, and what was counted on it: the person's own figures."""

    day: date
    sums: DaySums


class QueueState(StrEnum):
    """Where a sealed report stands in the outbox, by the word that the store and `export` have for it."""

    DUE = "due"
    """Leaves with the next sender."""
    HELD_BY_MODE = "review"
    """Held because every report is: leaves when a person releases it."""
    HELD_BY_HAND = "held"
    """Held back by itself, and kept so until a person releases it, however the others leave."""
    HELD_FOR_ENDPOINT = "other-endpoint"
    """Measured for another endpoint than the one agreed to, or under an earlier yes: leaves at a person's word."""
    SET_ASIDE = "set-aside"
    """The receiver refused it, or it is not what today's fields allow; `reason` says which. Never retried by itself."""

    @property
    def held(self) -> bool:
        """Whether it leaves when a person releases it, and not before."""
        return self in (QueueState.HELD_BY_MODE, QueueState.HELD_BY_HAND, QueueState.HELD_FOR_ENDPOINT)


class Cause(StrEnum):
    """Why a report was set aside."""

    NONE = ""
    """It was not."""
    REFUSED = "refused"
    """The receiver answered with a status that says no (4xx)."""
    RULE = "rule"
    """The receiver named the field and the rule that it breaks (422)."""
    UNLISTED = "unlisted"
    """The receiver's answer (422) names it neither among those stored nor among those refused."""
    DAMAGED = "damaged"
    """Its bytes are no longer what the fields allow: nothing of it was sent."""
    OLDER_RULES = "older-rules"
    """It was sealed by an earlier version's rules: nothing of it was sent since."""


class QueuedReport(NamedTuple):
    """A sealed report that was not delivered. `body` is final: shown, exported and sent are these bytes.

    `measured` holds the raw values beside it (shown as "measured -> sent"), and goes when the report goes. `consent_id`
    and `endpoint` name the yes it was measured under, and for which endpoint. `cause` and `detail` (the
    receiver's status, or its field and rule) say why it was set aside.
    """

    row_id: int
    report_id: str
    body: bytes
    sha256: str
    sealed: datetime
    state: QueueState
    measured: Mapping[str, str] = MappingProxyType({})
    consent_id: str = ""
    endpoint: str = ""
    cause: Cause = Cause.NONE
    detail: str = ""

    @property
    def until(self) -> datetime:
        """From when on it is too old to leave: the next session's end deletes it."""
        return self.sealed + timedelta(days=OUTBOX_DAYS)

    def overdue(self, now: datetime) -> bool:
        """Whether it leaves no more: the next session's end deletes it unsent."""
        return now > self.until


class Outcome(StrEnum):
    """What became of a departure, by the word that the store and `export` have for it."""

    CONFIRMED = "confirmed"
    """2xx, and the answer repeats the body's SHA-256."""
    ACCEPTED = "accepted"
    """2xx without that answer (a captive portal says 200 as well)."""
    PARTLY = "partly-taken"
    """422 that says which reports were stored and which were refused."""
    REFUSED = "refused"
    """The receiver took nothing and is not asked again by itself: other 4xx, and 410, the programme's end."""
    ERROR = "error"
    """An answer after which the reports stay and are tried again (5xx, 408, 429, a redirect)."""
    NO_ANSWER = "no-answer"
    """Bytes left, or may have, and no answer came in time."""
    CUT_OFF = "cut-off"
    """The person withdrew while bytes may have been on their way."""
    NOTHING_LEFT = "nothing-left"
    """It failed, or was withdrawn, before the first byte."""
    MAY_HAVE_LEFT = "may-have-left"
    """The sender's process ended between the first byte's permission and the answer."""

    @property
    def taken(self) -> bool:
        """Whether the receiver took something: a receipt."""
        return self in (Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.PARTLY)


class Failure(StrEnum):
    """What went wrong with a departure that has no answer."""

    NONE = ""
    NAME = "name"
    """The endpoint's name was not found."""
    CONNECTION = "connection"
    """No connection could be made."""
    CERTIFICATE = "certificate"
    """The receiver's certificate does not hold."""
    AUTHORITY = "authority"
    """`SSL_CERT_FILE` or `SSL_CERT_DIR` holds no certificates that can be read."""
    TLS = "tls"
    """No TLS session came about, for another reason than the certificate."""
    PROXY = "proxy"
    """The proxy cannot be used, or refused."""
    TIME = "time"
    """The time was up."""
    WITHDRAWN = "withdrawn"
    """Consent no longer covered it."""
    TAKEN_BACK = "taken-back"
    """A report of it was deleted or held back before the first byte."""
    INTERRUPTED = "interrupted"
    """The sender's process ended."""
    STORE = "store"
    """The store could not be written, so nothing was let out."""
    BROKEN_OFF = "broken-off"
    """The connection ended before an answer came."""


class Departure(NamedTuple):
    """One attempt to send one request. Its begin and its end are two links of the chain.

    `length` (bytes), `sha256` and `reports` describe the request's body; `by_hand` says at whose word it left.
    `ended` and `outcome` are None while it is under way; `status` is the HTTP status, 0 without an answer. `taken`
    counts the reports that the receiver took. `attempts` counts like failures in a row that this one stands for,
    `since` is when the first of them began. `report_ids` are those that may have left: none where nothing did. `body`
    is kept for receipts alone (`outcome.taken`), the request's own bytes, until the person deletes them. `place` is
    that of its last link in the chain.
    """

    row_id: int
    begun: datetime
    endpoint: str
    sha256: str
    length: int
    reports: int
    by_hand: bool
    ended: datetime | None = None
    outcome: Outcome | None = None
    status: int = 0
    failure: Failure = Failure.NONE
    taken: int = 0
    attempts: int = 1
    since: datetime | None = None
    report_ids: tuple[str, ...] = ()
    body: bytes = b""
    place: int = 0

    @property
    def receipt(self) -> bool:
        """Whether the receiver took something of it."""
        return self.outcome is not None and self.outcome.taken


class NoteKind(IntEnum):
    """What a link of the chain tells that is no departure; its number stands in the store."""

    DROPPED = 1
    """Reports were deleted unsent: more than the outbox holds, or older than it keeps them."""
    DELETED = 2
    """The person deleted reports that waited."""
    FOLDED = 3
    """Older links, of which only the number is kept."""
    RECEIPTS_DELETED = 4
    """The person deleted the bytes of all receipts up to here."""


class Note(NamedTuple):
    """A link of the chain that is no departure.

    `number` counts reports; of a `FOLDED` note the links, of deleted receipts those. `taken` counts the reports of
    folded departures that a receiver took; otherwise it is 0.
    """

    place: int
    at: datetime
    kind: NoteKind
    number: int
    taken: int = 0


Entry = Departure | Note
"""A line of History."""


class NextAttempt(NamedTuple):
    """When a sender makes its next attempt by itself.

    `ends_skipped` session ends (0 to 2) make no attempt before it. `at_start`: reports leave when a session starts,
    since the last measured server's process could leave no sender behind; None where no server was measured yet.
    """

    ends_skipped: int = 0
    at_start: bool | None = None


FIRST_ATTEMPT: Final = NextAttempt()
"""Before any server was measured."""
