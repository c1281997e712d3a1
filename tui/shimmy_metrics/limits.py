"""Every number that bounds something, with the reason for it. Nothing here is read from outside."""

from typing import Final

# --- the report ---------------------------------------------------------------------------------------------------

REPORT_BYTES: Final = 1_023
"""The description promises less than 1 KB (1,024 bytes) a session."""

ROUTES_NAMED: Final = 10
"""All route templates at once would pass `REPORT_BYTES`; the most used are named, the rest become `other`."""

MINUTES_MAX: Final = 520_000
"""Nearly a year, in two significant digits. A longer session says this much."""

REQUESTS_MAX: Final = 10**9
TOKENS_MAX: Final = 10**12
ERRORS_MAX: Final = 10**9
PEAK_REQUESTS_MAX: Final = 10**6
"""Bounds beyond any honest session, so that a counter's width tells nothing. Like every bound of a rounded figure they
have two significant digits at most, so that rounding never leads beyond them."""

MODELS_MAX: Final = 64
"""Model hashes kept in memory; above it a count would say more about a machine than about use."""

MILLISECONDS_MAX: Final = 3_600_000
"""One hour for an answer or a start-up."""

MEMORY_GB_MAX: Final = 1_024
CORES_MAX: Final = 256
VERSION_PART_MAX: Final = 999

ACTIVE_MINUTES: Final = 5
"""A session without a request still counts as active use after this long."""

# --- delivery -----------------------------------------------------------------------------------------------------

SEND_SECONDS: Final = 5.0
"""The description's time-out, by the wall clock: name look-up, TLS and answer included."""

RELEASE_SECONDS: Final = 2 * SEND_SECONDS
"""A release by hand that no sender took within this time is over: its own has ended, and nothing leaves later."""

EXIT_DELAY_SECONDS: Final = 0.05
"""What sealing and detaching the sender may add to a server's exit."""

REQUEST_BYTES: Final = 32_768
"""A body above this is cut to fewer reports; the receiver refuses more unread."""

REQUEST_REPORTS: Final = 32
OUTBOX_REPORTS: Final = 32
"""Older reports are dropped first; the drop is noted in the chain of receipts."""

OUTBOX_DAYS: Final = 14
"""A report that found no receiver for two weeks is of no use to anybody."""

DEPARTURES_KEPT: Final = 1_000
"""The newest departures and notes kept whole; older ones become one link of the chain."""

LOCAL_SESSIONS: Final = 100
"""Sessions kept where the answer was "only for me"."""

SKIPPED_MAX: Final = 2
"""Session ends without an attempt after repeated failures: none, then one, then two."""

ANSWER_BYTES: Final = 65_536
"""How much of a receiver's answer is read."""

# --- measuring ------------------------------------------------------------------------------------------------------

CHECKPOINT_SECONDS: Final = 1.0
"""A crash loses at most this much of the counters; a withdrawal is seen within it."""

MINUTES_SHOWN: Final = 60
"""Per-minute counts kept for the sparkline and the busiest hour."""

HEAD_BYTES: Final = 16_384
"""A request or response head longer than this is passed on and no longer read. Node and h11 take as much."""

KEPT_BYTES: Final = 24_576
"""Of a JSON answer, or of one event of a stream, this much is kept between reads; of a longer one its outline."""

ANSWER_TOKENS: Final = 10**8
"""A figure above this is no token count of one answer: no model's window is near it."""

PIPELINE_MAX: Final = 64
"""Requests of one connection that may wait for their answers; more are passed on uncounted."""

# --- files ----------------------------------------------------------------------------------------------------------

CONFIG_BYTES: Final = 1_048_576
"""A config file larger than this is not ours to read or to write."""

NO_WAITS_SECONDS: Final = 0.25
"""A no waits at most this long for the config's lock, and then is written without it."""

LOCK_WAITS_SECONDS: Final = 5.0
"""A yes is written under the lock alone, and says after this long that it could not be."""

LOOKED_AGAIN_SECONDS: Final = 0.3
"""How long after it is written a yes looks for a no that was given meanwhile; one without the lock is there by then."""

VALIDATE_BYTES: Final = 16_777_216
"""The largest file `validate` reads: an export of every receipt is under 4 MB."""

LOG_BYTES: Final = 262_144
"""`metrics.log` is cut to its newer half above this."""

# --- people ---------------------------------------------------------------------------------------------------------

QUESTION_SECONDS: Final = 60
"""At `serve` a question that nobody answers ends by itself, and the server starts."""

QUESTION_STANDS_SECONDS: Final = 0.3
SILENCE_SECONDS: Final = 0.1
"""A letter decides only when the question stood this long, and with silence on both sides (pastes, typed ahead)."""

REPEAT_SECONDS: Final = 1.0
"""What opened a question answers it only after this long: keys repeat after half a second, double clicks earlier."""

PASTE_KEYS: Final = 8
PASTE_GAP_SECONDS: Final = 0.01
"""So many keys in a row, each within this time of the one before: no hand types that, it is a paste come as keys."""

AFTER_PASTE_SECONDS: Final = 1.0
"""After such a paste nothing answers for this long: a network may hold back its last byte, which then stands alone."""
