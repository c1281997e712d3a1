"""The closed list of everything that may ever leave.

The one source: the builder, the validator, the app's field screen, the README's table, the JSON Schema and the
receiving side derive from `FIELDS`.

Order and names follow the description; schema 1 is this table. A field that is added later has a higher `since`, and
an earlier consent does not cover it. One whose bounds, words or purpose change gets a new name, for the same reason.
"""

from typing import Final

from shimmy_metrics.report.envelope import ENVELOPE
from shimmy_metrics.report.field import Field
from shimmy_metrics.report.metrics import METRICS

FIELDS: Final[tuple[Field, ...]] = (*ENVELOPE, *METRICS)

BY_NAME: Final = {field.name: field for field in FIELDS}


def covered(schema_version: int) -> tuple[Field, ...]:
    """Return the fields that a consent to `schema_version` covers."""
    return tuple(field for field in FIELDS if field.since <= schema_version)


def new_since(schema_version: int) -> tuple[Field, ...]:
    """Return the fields that came after the ones which a consent to `schema_version` covers."""
    return tuple(field for field in FIELDS if field.since > schema_version)
