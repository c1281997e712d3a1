"""The published JSON Schema (draft 2020-12) of a report, generated from the fields.

`report.schema.json` beside this file is its text; `python -m support.renew schema`, in `tests/`, writes it.
"""

import json
from typing import Any

from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import FIELDS


def schema() -> dict[str, Any]:
    """Return the schema of one report object."""
    own = {field.name: _member(field) for field in FIELDS if not field.section}
    sections = sorted({field.section for field in FIELDS if field.section})
    for section in sections:
        members = {field.name: _member(field) for field in FIELDS if field.section == section}
        own[section] = _object(members)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Shimmy usage report",
        "description": "Everything that may leave. No member is free text.",
        **_object(own),
    }


def text() -> str:
    """Return the schema as the published file holds it."""
    return json.dumps(schema(), indent=2) + "\n"


def _object(members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


def _member(field: Field) -> dict[str, Any]:
    return {"description": f"{field.meaning} Why: {field.purpose}.", **field.kind.schema()}
