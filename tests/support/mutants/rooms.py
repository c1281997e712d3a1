"""The rooms that keep the product's word, and the tests that notice what changes in each."""

from typing import Final

ROOMS: Final = {
    "consent": (
        "tests/units/consent",
        "tests/units/config/test_codec.py",
        "tests/units/config/test_file.py",
        "tests/units/config/test_read_consent.py",
        "tests/units/report/test_fields.py",
    ),
    "config": ("tests/units/config",),
    "meter": ("tests/units/meter",),
    "report": ("tests/units/report", "tests/test_docs.py"),
    "delivery": ("tests/units/delivery",),
    "store": ("tests/units/store",),
}
"""By each room's folder in the package, from the root of the clone. Readable without the extra `mutants`."""
