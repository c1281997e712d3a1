"""Every bound, with its reason. None can be configured.

"Shimmy's published description" is that of its metrics: the README lists where this program differs.
"""

from typing import Final

# --- the report ---------------------------------------------------------------------------------------------------

REPORT_BYTES: Final = 1_023
"""Shimmy's published description of its metrics promises less than 1 KB (1,024 bytes) a session."""

ROUTES_NAMED: Final = 10
"""All route templates at once would pass `REPORT_BYTES`; the most used are named, the rest become `other`."""

MINUTES_MAX: Final = 520_000
"""Nearly a year, in two significant digits. A longer session is reported as this."""

REQUESTS_MAX: Final = 10**9
TOKENS_MAX: Final = 10**12
ERRORS_MAX: Final = 10**9
PEAK_REQUESTS_MAX: Final = 10**6
"""Beyond any real session, so that a bound tells nothing. Like all bounds of rounded figures they have at most two
significant digits, so rounding never exceeds them."""

MODELS_MAX: Final = 64
"""Model hashes kept in memory. A higher count would tell more about a machine than about its use."""

MILLISECONDS_MAX: Final = 3_600_000
"""One hour for an answer or a start-up."""

MEMORY_GB_MAX: Final = 1_024
CORES_MAX: Final = 256
VERSION_PART_MAX: Final = 999

ACTIVE_MINUTES: Final = 5
"""A session without a request counts as active use after this long."""

# --- delivery -----------------------------------------------------------------------------------------------------

SEND_SECONDS: Final = 5.0
"""The time-out in Shimmy's published description, by the wall clock, including name lookup, TLS and the answer."""

RELEASE_SECONDS: Final = 2 * SEND_SECONDS
"""A release by hand that no sender took within this time has expired, so that nothing is sent later."""

EXIT_DELAY_SECONDS: Final = 0.05
"""What sealing and detaching the sender may add to a server's exit."""

REQUEST_BYTES: Final = 32_768
"""A larger request is split by sending fewer reports; the receiver refuses more without reading it."""

REQUEST_REPORTS: Final = 32
"""The most reports of one request; a receiver refuses more.

It need not equal `OUTBOX_REPORTS`: reports that one request has no room for leave with a later one.
"""

OUTBOX_REPORTS: Final = 32
"""The most reports that wait. The oldest beyond it are deleted; that is noted in the chain of receipts."""

OUTBOX_DAYS: Final = 14
"""A report that could not be delivered for two weeks is of no use to anybody."""

DEPARTURES_KEPT: Final = 1_000
"""The newest departures and notes kept whole; older ones become one link of the chain."""

LOCAL_SESSIONS: Final = 100
"""Sessions kept where the answer was "only for me"."""

USAGE_DAYS: Final = 400
"""Days for which the person's own sums are kept: a year, and the month to compare it with."""

SKIPPED_MAX: Final = 2
"""Session ends without an attempt after repeated failures: none, then one, then two."""

GROUP_REPORTS: Final = 20
"""A receiver publishes no figure about fewer reports, unless it names a smaller number in its answers."""

GROUP_REPORTS_MAX: Final = 10**6
"""A larger number in an answer is ignored."""

ANSWER_BYTES: Final = 65_536
"""How much of a receiver's response is read."""

OPERATOR_BYTES: Final = 16_384
"""How much is read of what an operator says: 2,000 characters of any script, as JSON, are less."""

# --- measuring ------------------------------------------------------------------------------------------------------

CHECKPOINT_SECONDS: Final = 1.0
"""A crash loses at most this much of the counters; a withdrawal is noticed within it."""

IDLE_WRITE_SECONDS: Final = 60
"""How often figures are written in which only the uptime and the server's memory changed."""

SESSION_DAYS: Final = 8
"""A running session keeps its sums of so many days; a day is lost only where no write succeeded for longer."""

MINUTES_SHOWN: Final = 60
"""Counts per minute kept for the sparkline and the busiest hour."""

HEAD_BYTES: Final = 16_384
"""A longer head is passed on, and the connection is read no further. Node and h11 accept as much."""

KEPT_BYTES: Final = 24_576
"""How much of a JSON answer, or of one event of a stream, is kept between reads; of a longer one only the outline."""

ANSWER_TOKENS: Final = 10**8
"""A larger figure cannot be one answer's token count: no model's context window comes near it."""

PIPELINE_MAX: Final = 64
"""Requests of one connection that may await their answers; more are passed on uncounted."""

# --- files ----------------------------------------------------------------------------------------------------------

CONFIG_BYTES: Final = 1_048_576
"""A larger config file is neither read nor written."""

NO_WAITS_SECONDS: Final = 0.25
"""A no waits at most this long for the config's lock; then it is written without it."""

LOCK_WAITS_SECONDS: Final = 5.0
"""A yes is written only under the lock; without it, it fails after this long."""

RECHECK_SECONDS: Final = 0.3
"""How long after being written a yes checks for a no given meanwhile; one written without the lock is there by then."""

VALIDATE_BYTES: Final = 16_777_216
"""The largest file that `validate` reads: an export of every receipt is under 4 MB."""

LOG_BYTES: Final = 262_144
"""A larger `metrics.log` is cut to its newer half."""

# --- people ---------------------------------------------------------------------------------------------------------

QUESTION_SECONDS: Final = 60
"""A question that nobody answers at `serve` closes after this long, and the server starts."""

QUESTION_STANDS_SECONDS: Final = 0.3
SILENCE_SECONDS: Final = 0.1
"""A letter answers only a question shown this long, with silence before and after it (pastes, typing ahead)."""

ALONE_SECONDS: Final = 0.03
"""A no, and a copy, count at once where no other key came or comes within this time: a burst decides nothing."""

REPEAT_SECONDS: Final = 1.0
"""The key that opened a question answers it only after this long: keys repeat after 0.5 s, double clicks earlier."""

PASTE_KEYS: Final = 8
PASTE_GAP_SECONDS: Final = 0.01
"""So many keys in a row, each within this time of the one before, are a paste that arrives as keys."""

AFTER_PASTE_SECONDS: Final = 1.0
"""After such a paste nothing answers for this long: a network may delay its last byte, which then arrives alone."""
