"""Numbers and times as people write them. Pure."""


def amount(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: `1 report`, `2,350 tokens`."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def duration(seconds: int) -> str:
    """Return a time in minutes and hours as people say it: `2 h 02 min`."""
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours:,} h {minutes:02} min" if hours else f"{minutes} min"
