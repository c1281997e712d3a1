"""What the meter reads of one request and its answer, until the aggregate has added it up.

It has room for counts, words of closed lists and a keyed hash, and for no text of a request or an answer.
"""

from typing import NamedTuple

from shimmy_metrics.vocabulary import TokenSource


class Exchange(NamedTuple):
    """One request that counts, with its answer complete, cut short or failed.

    `route` is a word of `vocabulary.ROUTES` or `other`. `client` is a word of `vocabulary.CLIENTS`, or None where the
    User-Agent tells nothing. `model` is a keyed hash (8 bytes) of the model's name as the answer gives it, or None.
    `tokens` were generated, as `token_source` says (any word but `MIXED`; 0 tokens where it is `UNKNOWN`); it is None
    where the answer had no generated content, and then neither tokens nor answering time count. Times are monotonic
    seconds: `started` when the request's first byte arrived, `answered` when the answer's first byte did, `ended` when
    its last did. `answered` is None without an answer that could be read; if the server ended the connection without
    any, that is a failure. `unread` names where an unknown amount was generated (`route`, or a word of
    `vocabulary.OTHER_PATHS`); None where the amount is known. `tokens_in` are the prompt's,
    0 where the answer tells none.
    """

    route: str
    failed: bool
    client: str | None
    model: bytes | None
    tokens: int
    token_source: TokenSource | None
    started: float
    answered: float | None
    ended: float
    unread: str | None = None
    tokens_in: int = 0
