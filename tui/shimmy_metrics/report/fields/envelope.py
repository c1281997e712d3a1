"""The fields outside of a section: which report it is, of which server, by which list of fields."""

from typing import Final

from shimmy_metrics import vocabulary
from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.report import coarsen
from shimmy_metrics.report.field import Field, Group
from shimmy_metrics.report.kinds import UUID4, VERSION, Day, IntegerRange, Word
from shimmy_metrics.report.measured import NO_VERSION

ENVELOPE: Final[tuple[Field, ...]] = (
    Field(
        "session_id",
        UUID4,
        on_screen=(Group.REPORT, 1),
        meaning="A random name for this one report, new each session.",
        source="random, drawn when the session starts",
        coarsening="the same value; a report that is sent again keeps it",
        purpose="to count a report once that had to be sent twice",
        bits=0.0,
        since=1,
        value=lambda m: m.session_id,
        measured=lambda m: m.session_id,
        section="",
        also=("identifier", "UUID"),
    ),
    Field(
        "timestamp",
        Day(),
        on_screen=(Group.REPORT, 2),
        meaning="The UTC day on which the report was made.",
        source="this machine's clock, when the session ends (after a crash: at the next start)",
        coarsening="the day",
        purpose="to see how use changes from week to week",
        bits=0.0,
        since=1,
        value=lambda m: coarsen.utc_day(m.sealed),
        measured=lambda m: f"{m.sealed:%d %b %Y %H:%M:%S} UTC",
        section="",
        also=("date",),
    ),
    Field(
        "version",
        VERSION,
        on_screen=(Group.MACHINE, 1),
        meaning="The server's version.",
        source="the server's own answer to GET /health",
        coarsening="three numbers without suffix or build, or unknown",
        purpose="to know which versions are in use, and which has which bug",
        bits=2.3,
        since=1,
        value=lambda m: coarsen.version_text(m.version),
        measured=lambda m: m.version or NO_VERSION,
        section="",
    ),
    Field(
        "platform",
        Word(tuple(f"{system}-{arch}" for system in vocabulary.SYSTEMS for arch in vocabulary.ARCHITECTURES)),
        on_screen=(Group.MACHINE, 2),
        meaning="The operating system and the kind of processor, as Python sees them.",
        source="the Python interpreter; a 32-bit or translated one tells its own kind",
        coarsening="two words: no release, no distribution, no model",
        purpose="to know which platforms to build and test for first",
        bits=1.9,
        since=1,
        value=lambda m: coarsen.platform_word(m.facts.system, m.facts.architecture),
        measured=lambda m: f"{m.facts.system} on {m.facts.architecture}",
        section="",
        also=("OS", "Linux", "macOS", "Windows", "architecture"),
    ),
    Field(
        "schema_version",
        IntegerRange(1, SCHEMA_VERSION),
        on_screen=(Group.REPORT, 3),
        meaning="Which list of fields you agreed to.",
        source="your consent",
        coarsening="the same number",
        purpose="to read the report by the right list",
        bits=0.0,
        since=1,
        value=lambda m: m.schema_version,
        measured=lambda m: str(m.schema_version),
        section="",
    ),
)
