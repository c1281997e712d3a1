"""This program as its next version may be: one of its fields came with the next schema.

`python -m support.next_schema WORD...` is the installed command of that version. The table is changed before anything
reads it, so every module derives from it what it derives from the real one.
"""

import sys
from typing import Final

from shimmy_metrics.consent import state

PROGRAM: Final = (sys.executable, "-m", "support.next_schema")
NEW: Final = "token_source"
NEXT: Final = state.SCHEMA_VERSION + 1


def become_next() -> None:
    """Change the table of this process."""
    state.SCHEMA_VERSION = NEXT  # type: ignore[misc]  # a constant of this process alone
    from shimmy_metrics.report import fields

    changed = tuple(field._replace(since=NEXT) if field.name == NEW else field for field in fields.FIELDS)
    fields.FIELDS = changed  # type: ignore[misc]  # a constant of this process alone
    fields.BY_NAME.update({field.name: field for field in changed})


def run(words: list[str]) -> int:
    """Run the command; return its exit code."""
    become_next()
    sys.argv = ["shimmy", *words]
    from shimmy_metrics.cli.main import shimmy

    return shimmy()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
