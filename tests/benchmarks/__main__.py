"""All figures of the README by one command: `python -m benchmarks`, from `tests/`, on a machine left alone.

It takes about six minutes, each of the proxies beside nginx another one. It stores the figures, draws their curves,
and writes both into the README. The benchmarks by themselves print more.
"""

import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks import app_speed, figures, meter_cost, receiver, relay, start_up
from benchmarks.chart import svg
from benchmarks.figures import Figures

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = ROOT / "README.md"
REPORTS: Final = 300_000
"""The end of the receiver's curve."""


def machine() -> str:
    """Return the machine's shape. Nothing in it names the machine."""
    loop = "uvloop" if find_spec("uvloop") else "asyncio's loop"
    system = f"{platform.system()} {platform.release().partition('-')[0]} on {platform.machine()}"
    return f"{os.cpu_count()} cores, Python {platform.python_version()} with {loop}, {system}"


def measured() -> Figures:
    """Measure all. Raise `SystemExit` where there is no C compiler."""
    starting = start_up.start_up()
    app, receipts = app_speed.quick()
    meter = meter_cost.meter_cost()
    with tempfile.TemporaryDirectory() as folder:
        receiving = receiver.throughput(Path(folder))
        day = receiver.curve(Path(folder), REPORTS)
    relayed = relay.relay()
    if relayed is None:
        raise SystemExit(1)
    by_way, connections = relayed
    rows = [row._replace(figure=round(row.figure, 2)) for row in (*starting, *app, *receiving)]
    charts = [connections, *meter, receipts, day]
    return Figures(datetime.now(UTC).date().isoformat(), machine(), by_way, rows, charts)


def write(found: Figures) -> None:
    """Store the figures, and write what is made of them."""
    figures.STORED.write_text(figures.to_json(found), encoding="utf-8")
    figures.CURVES.write_text(svg(found.charts), encoding="utf-8")
    README.write_text(figures.renewed(README.read_text(encoding="utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    write(measured())
    sys.stdout.write(f"written: {figures.STORED.name}, {figures.CURVES.name}, {README.name}\n")
