"""The worker thread: jobs in order, their results and errors in futures, errors in the log, exit never delayed."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from shimmy_metrics.serve.worker import Worker
from support.samples import profile

SECONDS = 10.0


def test_jobs_run_in_order_and_give_their_results(tmp_path: Path) -> None:
    worker = Worker(profile(tmp_path), "worker")
    order: list[int] = []

    def job(number: int, *, factor: int) -> int:
        order.append(number)
        return number * factor

    futures = [worker.submit(job, number, factor=2) for number in range(5)]
    assert [future.result(SECONDS) for future in futures] == [0, 2, 4, 6, 8]
    assert order == [0, 1, 2, 3, 4]


def test_an_error_is_in_the_future_and_in_the_log_and_the_next_job_runs(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    mine.state_path.mkdir(parents=True)
    worker = Worker(mine, "worker")

    def fail() -> None:
        raise ZeroDivisionError

    failed = worker.submit(fail)
    assert worker.submit(lambda: "done").result(SECONDS) == "done"
    with pytest.raises(ZeroDivisionError):
        failed.result(0)
    said = "measuring met an error; it does not stop the server (ZeroDivisionError)\n"
    assert Path(mine.log_file).read_text().endswith(said)


def test_it_never_delays_exit(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from shimmy_metrics.serve.worker import Worker\n"
        "from support.samples import profile\n"
        "worker = Worker(profile(Path(sys.argv[1])), 'worker')\n"
        "worker.submit(time.sleep, 60)\n"
        "worker.submit(Path(sys.argv[1], 'late').touch)\n"
    )
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=50, env={"PYTHONPATH": _tests()})
    assert time.monotonic() - began < 50
    assert not (tmp_path / "late").exists()


def _tests() -> str:
    return str(Path(__file__).parents[2])
