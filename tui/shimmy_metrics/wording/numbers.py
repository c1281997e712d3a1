"""Numbers and times as people write them. Pure."""

from datetime import datetime, tzinfo


def amount(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: `1 report`, `2,350 tokens`."""
    return f"{number:,} {noun(number, singular, plural)}"


def noun(number: int, singular: str, plural: str = "") -> str:
    """Return the noun alone, as it stands behind a number."""
    return singular if number == 1 else plural or f"{singular}s"


def duration(seconds: int) -> str:
    """Return a time in minutes and hours as people say it: `2 h 02 min`."""
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours:,} h {minutes:02} min" if hours else f"{minutes} min"


def when(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """Return a time as people here say it: `12:30` today, else `27 Nov 12:30`, or `27 Nov 2025 12:30`.

    `zone`: None for the machine's.
    """
    local, today = moment.astimezone(zone), now.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == today.date() else f"{day(local, today)} {local:%H:%M}"


def day(local: datetime, today: datetime) -> str:
    """Return a day as `27 Nov`, with its year where that is not today's."""
    return f"{local.day} {local:%b}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def identifying(bits: float) -> str:
    """Return how much a field's value tells about whose report it is: its bits, and what they mean, as a sentence."""
    if not bits:
        return "Says nothing about whose report it is."
    one_in = float(f"{2**bits:.2g}")  # the bits are known to a tenth
    same = f"typically 1 report in {one_in:,.0f} has" if one_in >= 2 else "most reports have"
    return f"{bits:.1f} identifying bits: {same} the same value."


def with_separators(text: str) -> str:
    """Return a whole number with separators of thousands, any other text as it is."""
    return f"{int(text):,}" if text.isdecimal() else text
