"""The closed list of everything that can ever be sent.

The builder, the validator, the screens, the README's table, the JSON Schema and the receiving side derive from
`FIELDS`. Order and names follow the description. A later field has a higher `since`, and an earlier consent does not
cover it; for the same reason a field whose bounds, words or purpose change gets a new name. Fields of a session are
added in `metrics`, those of the report around them in `envelope`.
"""

from typing import Final

from shimmy_metrics.report.field import Field, Group
from shimmy_metrics.report.fields.envelope import ENVELOPE
from shimmy_metrics.report.fields.metrics import METRICS

FIELDS: Final[tuple[Field, ...]] = (*ENVELOPE, *METRICS)

BY_NAME: Final = {field.name: field for field in FIELDS}

NEWEST: Final = max(field.since for field in FIELDS)
"""The schema version of this table. `consent.state.SCHEMA_VERSION` is the same number: consent loads no table."""


def covered(schema_version: int) -> tuple[Field, ...]:
    """Return the fields that a consent to `schema_version` covers."""
    return tuple(field for field in FIELDS if field.since <= schema_version)


def new_since(schema_version: int) -> tuple[Field, ...]:
    """Return the fields that a consent to `schema_version` does not cover yet."""
    return tuple(field for field in FIELDS if field.since > schema_version)


def grouped() -> tuple[tuple[Group, tuple[Field, ...]], ...]:
    """Return the groups in the order of the screens, each with its fields by rank."""
    by_rank = sorted(FIELDS, key=lambda field: field.on_screen[1])
    return tuple((group, tuple(field for field in by_rank if field.on_screen[0] is group)) for group in Group)


def in_screen_order() -> tuple[Field, ...]:
    """Return every field in the order of the screens."""
    return tuple(field for _, fields in grouped() for field in fields)
