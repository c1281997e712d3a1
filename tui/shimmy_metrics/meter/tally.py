"""What one answer told so far: tokens with their source, the model's name, and whether it failed."""

from shimmy_metrics.limits import ANSWER_TOKENS
from shimmy_metrics.vocabulary import TokenSource


class Tally:
    """Filled by a dialect while the answer passes. The model's name stays here until it is hashed, and goes with it.

    `pieces` counts streamed events with content; `reported` is the server's own figure; `estimated` tells that this
    figure is a guess of the server's; `content` that something was generated.
    """

    __slots__ = ("content", "estimated", "failed", "model", "pieces", "reported")

    def __init__(self) -> None:
        self.pieces = 0
        self.reported: int | None = None
        self.estimated = False
        self.content = False
        self.failed = False
        self.model: str | None = None

    def piece(self, *, streamed: bool) -> None:
        """Note generated content."""
        self.content = True
        self.pieces += streamed

    def report(self, value: object) -> None:
        """Note a figure that stands where the server's token count stands; what is no count is passed over."""
        if type(value) is int and 0 <= value <= ANSWER_TOKENS:
            self.reported = value

    def name(self, value: object) -> None:
        """Note the model's name as the answer gives it."""
        if isinstance(value, str) and value:
            self.model = value

    def result(self) -> tuple[int, TokenSource | None]:
        """Return tokens and their source; no source where nothing was generated.

        Zero or no usage beside content is not zero: then streamed pieces count, and without them nobody knows.
        """
        if self.reported:
            return self.reported, TokenSource.COUNTED if self.estimated else TokenSource.REPORTED
        if not self.content:
            return 0, None
        return (self.pieces, TokenSource.COUNTED) if self.pieces else (0, TokenSource.UNKNOWN)
