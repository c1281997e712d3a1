"""What the store holds, as values: sessions, queued reports, departures and notes. They are tuples, as rows are.

Each kind of state, cause, outcome and failure is stored by its word, which `export` shows and the chain covers; a kind
of note by its number. How they read to a person is in `wording`.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.limits import OUTBOX_DAYS


class Session(NamedTuple):
    """One run of the inference server. Times are in UTC; `row_id` is 0 before it is stored.

    `report_id` is its report's UUID. `consent_id` names the decision under which it is measured, empty where it is for
    the person alone (`local`). An ended session is kept if it is `local`, otherwise until its report is sent. `server`
    is what the server calls itself in `/health` (`shimmy`, or empty where that is unknown), `version` its version.
    `endpoint` and `switch` are those in force in its process. `address` is where clients reach it, `client_hint` what
    the environment tells of the program around it, or empty. `ended` is None while it runs.
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
    """The state of a queued report, by its word in the store and in `export`."""

    DUE = "due"
    """The next sender sends it."""
    HELD_BY_MODE = "review"
    """Held because all reports are: sent when a person releases it."""
    HELD_BY_HAND = "held"
    """Held back on its own until a person releases it, however the others are sent."""
    HELD_FOR_ENDPOINT = "other-endpoint"
    """Measured for another endpoint than the one agreed to, or under an earlier yes: sent when a person releases it."""
    HELD_FOR_GROUPS = "smaller-groups"
    """Its receiver publishes figures about fewer reports than the person agreed to: sent when they release it."""
    SET_ASIDE = "set-aside"
    """The receiver refused it, or today's fields do not allow it; the cause says which. Not retried by itself."""

    @property
    def held(self) -> bool:
        """Whether it is sent only when a person releases it."""
        return self not in (QueueState.DUE, QueueState.SET_ASIDE)


class Cause(StrEnum):
    """Why a report was set aside."""

    NONE = ""
    """It was not set aside."""
    REFUSED = "refused"
    """The receiver answered with a status that refuses it (4xx)."""
    RULE = "rule"
    """The receiver named the field and the rule that it violates (422)."""
    UNLISTED = "unlisted"
    """The receiver's answer (422) lists it neither as stored nor as refused."""
    DAMAGED = "damaged"
    """Its bytes do not have its digest: nothing of it was sent."""
    OLDER_RULES = "older-rules"
    """It was sealed by an earlier version's rules, and not sent since."""
    RECALLED = "recalled"
    """The person recalled it: it may have left before, and is not sent again."""


class QueuedReport(NamedTuple):
    """A sealed report that no receiver has taken. `body` is final: these bytes are shown, exported and sent.

    `measured` holds the raw values (shown as "measured -> sent") and is deleted with the report. `consent_id` and
    `endpoint` are the decision and the endpoint for which it was measured. `cause` and `detail` (the receiver's status,
    or its field and rule) say why it was set aside.
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
    def unrecorded(self) -> bool:
        """Whether it may have been sent though no departure carried it: the first version kept none of what failed."""
        return self.cause not in (Cause.NONE, Cause.DAMAGED)

    @property
    def until(self) -> datetime:
        """When it becomes too old to be sent; the next session's end after that deletes it."""
        return self.sealed + timedelta(days=OUTBOX_DAYS)

    def overdue(self, now: datetime) -> bool:
        """Whether it is too old to be sent: the next session's end deletes it."""
        return now > self.until


class DepartureKind(IntEnum):
    """What a departure asks of its receiver, by its number in the store and in `export`."""

    REPORTS = 1
    """To take the reports in its body."""
    RECALL = 2
    """To delete the reports of an earlier request: the person's own act."""


class Outcome(StrEnum):
    """The outcome of a departure, by its word in the store and in `export`."""

    CONFIRMED = "confirmed"
    """2xx, and the answer repeats the body's SHA-256."""
    ACCEPTED = "accepted"
    """2xx without it (a captive portal answers 200 as well)."""
    PARTLY = "partly-taken"
    """422 that lists which reports were stored and which were refused."""
    REFUSED = "refused"
    """The receiver took nothing, and nothing is retried by itself: other 4xx, and 410, the programme's end."""
    ERROR = "error"
    """An answer after which the reports stay queued and are sent again (5xx, 408, 429, a redirect)."""
    NO_ANSWER = "no-answer"
    """Bytes left, or may have, and no answer came in time."""
    CUT_OFF = "cut-off"
    """Consent did not cover it any more when bytes may have left already."""
    NOTHING_LEFT = "nothing-left"
    """It failed, or consent was withdrawn, before the first byte."""
    MAY_HAVE_LEFT = "may-have-left"
    """The sender's process ended after the first byte was permitted and before an answer."""
    RECALLED = "recalled"
    """The receiver confirmed (204) that it deleted each report, or has none by that id."""

    @property
    def taken(self) -> bool:
        """Whether the receiver took something: a receipt."""
        return self in (Outcome.CONFIRMED, Outcome.ACCEPTED, Outcome.PARTLY)


class Failure(StrEnum):
    """Why a departure has no answer."""

    NONE = ""
    NAME = "name"
    """The endpoint's name was not found."""
    CONNECTION = "connection"
    """No connection could be made."""
    CERTIFICATE = "certificate"
    """The receiver's certificate is not valid."""
    AUTHORITY = "authority"
    """`SSL_CERT_FILE` or `SSL_CERT_DIR` holds no certificates that can be read."""
    CLIENT_CERTIFICATE = "client-certificate"
    """The receiver asks for a client's certificate, which the sender does not have."""
    TLS = "tls"
    """No TLS session came about, for another reason than a certificate."""
    PROXY = "proxy"
    """The proxy cannot be used, or refused the connection."""
    TIME = "time"
    """The time was up."""
    WITHDRAWN = "withdrawn"
    """Consent did not cover it any more."""
    TAKEN_BACK = "taken-back"
    """One of its reports was deleted or held back before the first byte."""
    INTERRUPTED = "interrupted"
    """The sender's process ended."""
    STORE = "store"
    """The store could not be written, so nothing was sent."""
    BROKEN_OFF = "broken-off"
    """The connection ended before an answer came."""


FAILURES: Final = {
    Failure.NONE: "",
    Failure.NAME: "its name was not found",
    Failure.CONNECTION: "no connection could be made",
    Failure.CERTIFICATE: "its certificate is not valid",
    Failure.AUTHORITY: "no certificates could be read from SSL_CERT_FILE or SSL_CERT_DIR",
    Failure.CLIENT_CERTIFICATE: "it asks for a client certificate",
    Failure.TLS: "no TLS connection could be made",
    Failure.PROXY: "the proxy could not be used",
    Failure.TIME: "the time was up",
    Failure.WITHDRAWN: "your consent did not cover it any more",
    Failure.TAKEN_BACK: "one of the reports was deleted or held back",
    Failure.INTERRUPTED: "the sender was ended",
    Failure.STORE: "the store could not be written",
    Failure.BROKEN_OFF: "the connection broke off",
}
"""Why a departure has no answer, in words; of the receiver is what is said."""


class Departure(NamedTuple):
    """One attempt to send one request, or to recall one. Its begin and its end are two links of the chain.

    `length` (bytes), `sha256` and `reports` (their number) describe the request's body; those of a `RECALL` say which
    request is recalled, and how many of its reports. `by_hand` tells that a person asked for it. `ended` and `outcome`
    are None while it is under way; `status` is the HTTP status, 0 without an answer. `taken` counts the reports that
    the receiver took, or confirmed to have deleted. `attempts` counts the like failures in a row that this row stands
    for, `since` is when the first of them began. `report_ids` are the reports that may have left, none where nothing
    did. `body`, the request's own bytes, is kept for receipts (`outcome.taken`) until the person deletes it. `place` is
    its last link's place in the chain.
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
    kind: DepartureKind = DepartureKind.REPORTS

    @property
    def key(self) -> str:
        """Its name among the entries of the history."""
        return f"departure {self.row_id}"

    @property
    def receipt(self) -> bool:
        """Whether the receiver took something of it."""
        return self.outcome is not None and self.outcome.taken


class NoteKind(IntEnum):
    """The kind of a note, by its number in the store and in `export`."""

    DROPPED = 1
    """Reports were deleted unsent: more than the outbox holds, or older than it keeps them."""
    DELETED = 2
    """The person deleted queued reports."""
    FOLDED = 3
    """Older links of the chain, of which only the number is kept."""
    RECEIPTS_DELETED = 4
    """The person deleted the bytes of all receipts before it."""
    GROUPS_LOWERED = 5
    """A receiver named a smaller group than before: what was due is held."""


class Note(NamedTuple):
    """A link of the chain that is no departure.

    `number` counts reports; in a `FOLDED` note departures and notes, in a `RECEIPTS_DELETED` note receipts; in a
    `GROUPS_LOWERED` note it is the smallest group that a figure is now published about. `taken`
    counts the reports of folded departures that a receiver took; otherwise it is 0.
    """

    place: int
    at: datetime
    kind: NoteKind
    number: int
    taken: int = 0

    @property
    def key(self) -> str:
        """Its name among the entries of the history."""
        return f"note {self.place}"


Entry = Departure | Note
"""An entry of the history."""
