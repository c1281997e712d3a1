"""Build the report object from a measured session."""

from collections.abc import Callable

from shimmy_metrics.report.field import Field
from shimmy_metrics.report.fields import covered
from shimmy_metrics.report.kinds import Value
from shimmy_metrics.report.measured import Measured

Report = dict[str, Value | dict[str, Value]]
"""The JSON object that may be sent: members in the fields' order, the section `metrics` last."""


def build(measured: Measured) -> Report:
    """Return the report of one session: the fields that its consent covers, and nothing else."""
    return arrange(measured.schema_version, lambda field: field.value(measured))


def arrange(schema_version: int, value_of: Callable[[Field], Value]) -> Report:
    """Return the report whose members are the fields of `schema_version` in their order, sections last."""
    report: Report = {}
    sections: dict[str, dict[str, Value]] = {}
    for field in covered(schema_version):
        if field.section:
            sections.setdefault(field.section, {})[field.name] = value_of(field)
        else:
            report[field.name] = value_of(field)
    report.update(sections)
    return report


def raw_values(measured: Measured) -> dict[str, str]:
    """Return the measured values by field name, as text for the person's own screen. They are never sent."""
    return {field.name: field.measured(measured) for field in covered(measured.schema_version)}
