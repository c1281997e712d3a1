"""This program as its next version may be: one of its fields came with schema 2.

`python -m support.next_schema WORD...` is the installed command of that version. The table is changed before anything
reads it, so every module derives from it what it derives from the real one.
"""

import sys
from typing import Final

PROGRAM: Final = (sys.executable, "-m", "support.next_schema")
NEW: Final = "token_source"


def become_next() -> None:
    """Change the table of this process."""
    from shimmy_metrics.consent import state

    state.SCHEMA_VERSION = 2  # type: ignore[misc]
    from shimmy_metrics.report import fields

    changed = tuple(field._replace(since=2) if field.name == NEW else field for field in fields.FIELDS)
    fields.FIELDS = changed  # type: ignore[misc]
    fields.BY_NAME.update({field.name: field for field in changed})


def run(words: list[str]) -> int:
    """Run the command; return its exit code."""
    become_next()
    sys.argv = ["shimmy", *words]
    from shimmy_metrics.cli.main import shimmy

    return shimmy()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
