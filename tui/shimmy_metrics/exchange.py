"""What one request and its answer told, before it is folded into the aggregate and forgotten.

The meter makes these; the aggregate folds them. There is room for counts, words of closed lists and a keyed hash, and
for nothing else: no text of a request or an answer fits in here.
"""

from typing import NamedTuple

from shimmy_metrics.vocabulary import TokenSource


class Exchange(NamedTuple):
    """One request that counts, with its answer complete, cut short or failed.

    `route` is a word of `vocabulary.ROUTES` or `other`. `client` is a word of `vocabulary.CLIENTS`, or None where the
    User-Agent says nothing. `model` is a keyed hash (8 bytes) of the model's name as the answer gives it, or None.
    `tokens` were generated, as `token_source` tells (any word but `MIXED`; 0 where it is `UNKNOWN`); `token_source` is
    None where the answer had no generated content: such an exchange tells no tokens and no answering time. Times are
    monotonic seconds: `started` when the request's first byte arrived, `answered` when the answer's first byte came,
    `ended` when its last came. `answered` is None where no answer came that could be read (where none came at all and
    it was the server that ended the connection, it is a failure). `unread` is where something of unknown amount was
    generated: `route`, or a word of
    `vocabulary.OTHER_PATHS`; None where it is known.
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
