"""What a command loads, seen in a process of its own: static graphs cannot see deferred imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.system.profile import Profile
from support.queued import fill_outbox

LOADED = "import json, sys; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"


def _loaded(code: str, root: Path) -> set[str]:
    environment = {"HOME": str(root), "XDG_CONFIG_HOME": str(root / "c"), "XDG_STATE_HOME": str(root / "s"), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"], env=environment, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("action", ["status", "preview", "export", "validate"])
def test_looking_loads_neither_the_app_nor_the_network(action: str, tmp_path: Path) -> None:
    loaded = _loaded(f"from shimmy_metrics.cli.cmd_config import config\nconfig(['--metrics', '{action}'])", tmp_path)
    assert "shimmy_metrics.store.database" in loaded
    assert not loaded & {"textual", "rich", "httpx", "asyncio", "shimmy_metrics.meter.tap"}


@pytest.mark.parametrize("action", ["status", "preview", "export"])
def test_what_people_often_look_at_loads_no_dataclasses(action: str, tmp_path: Path) -> None:
    loaded = _loaded(f"from shimmy_metrics.cli.cmd_config import config\nconfig(['--metrics', '{action}'])", tmp_path)
    assert not loaded & {"dataclasses", "inspect", "orjson", "subprocess", "copy", "threading", "hashlib"}
    assert "shimmy_metrics.cli.command_table" not in loaded


FOR_A_PATH = {"pathlib", "urllib.parse", "fnmatch"}


@pytest.mark.parametrize("action", ["status", "preview", "export", "validate"])
def test_a_look_where_nothing_is_kept_loads_nothing_that_joins_paths(action: str, tmp_path: Path) -> None:
    loaded = _loaded(f"from shimmy_metrics.cli.cmd_config import config\nconfig(['--metrics', '{action}'])", tmp_path)
    assert "shimmy_metrics.store.database" in loaded
    assert not loaded & FOR_A_PATH


@pytest.mark.parametrize("action", ["status", "preview", "export", "validate"])
def test_nor_does_a_look_at_what_waits_after_a_yes(action: str, tmp_path: Path) -> None:
    mine = Profile(tmp_path / "c" / "shimmy" / "config.json", tmp_path / "s" / "shimmy")
    enable(mine)
    fill_outbox(mine, 1)
    loaded = _loaded(f"from shimmy_metrics.cli.cmd_config import config\nconfig(['--metrics', '{action}'])", tmp_path)
    assert "shimmy_metrics.store.outbox" in loaded
    assert not loaded & FOR_A_PATH


@pytest.mark.parametrize("action", ["preview", "export"])
def test_a_look_where_nothing_is_kept_loads_no_record(action: str, tmp_path: Path) -> None:
    loaded = _loaded(f"from shimmy_metrics.cli.cmd_config import config\nconfig(['--metrics', '{action}'])", tmp_path)
    assert "shimmy_metrics.store.database" in loaded
    assert "shimmy_metrics.records" not in loaded
    assert ("shimmy_metrics.report.fields" in loaded) is (action == "preview")


def test_validating_loads_nothing_for_one_value_alone(tmp_path: Path) -> None:
    loaded = _loaded("from shimmy_metrics.cli.cmd_config import config\nconfig(['--metrics', 'validate'])", tmp_path)
    assert "shimmy_metrics.actions.leak_scan" in loaded
    assert not loaded & {"dataclasses", "orjson", "threading", "hashlib", "platform", "getpass", "base64", "zoneinfo"}


OF_THE_RECEIVER = {"uvicorn", "httptools", "cryptography", "shimmy_metrics.receiver"}


@pytest.mark.parametrize(
    "code",
    [
        "from shimmy_metrics.cli.cmd_config import config\nconfig(['--metrics', 'status'])",
        "from shimmy_metrics.cli.cmd_own import run\nrun('history', [])",
        "from shimmy_metrics.cli.cmd_tui import tui\ntui(['--plain'])",
        "from shimmy_metrics.serve import run",
        "from shimmy_metrics.delivery import sender",
    ],
)
def test_whoever_only_sends_loads_nothing_of_the_receiver(code: str, tmp_path: Path) -> None:
    assert not _loaded(code, tmp_path) & OF_THE_RECEIVER


def test_a_sender_loads_no_command_line_of_the_library_it_sends_with(tmp_path: Path) -> None:
    loaded = _loaded("from shimmy_metrics.delivery import sender", tmp_path)
    assert "httpx" in loaded
    assert not loaded & {"click", "rich", "pygments"}


def test_the_demo_receives_without_what_a_plain_installation_lacks(tmp_path: Path) -> None:
    loaded = _loaded("from shimmy_metrics.demo import run", tmp_path)
    assert loaded & OF_THE_RECEIVER == {"shimmy_metrics.receiver"}


def test_the_receiver_s_help_loads_nothing_of_it(tmp_path: Path) -> None:
    code = "import sys\nsys.argv[1:] = ['receive', '--help']\nfrom shimmy_metrics.cli.main import shimmy_metrics\n"
    loaded = _loaded(f"{code}shimmy_metrics()", tmp_path)
    assert "shimmy_metrics.cli.receive_table" in loaded
    assert not loaded & (OF_THE_RECEIVER | {"asyncio", "sqlite3", "argparse"})


def test_lines_of_text_load_neither_the_app_nor_the_network(tmp_path: Path) -> None:
    loaded = _loaded("from shimmy_metrics.cli.cmd_tui import tui\ntui(['--plain'])", tmp_path)
    assert not loaded & {"textual", "rich", "httpx", "asyncio", "threading", "shimmy_metrics.cli.command_table"}
    assert not loaded & {"shimmy_metrics.cli.plain_kept", "shimmy_metrics.wording.departures", *FOR_A_PATH}


def test_a_hand_over_loads_next_to_nothing(tmp_path: Path) -> None:
    code = (
        "from shimmy_metrics.cli import main\nmain.split_command(['generate'])\n"
        "from shimmy_metrics.system import handover"
    )
    ours = {name for name in _loaded(code, tmp_path) if name.startswith("shimmy_metrics")}
    assert ours == {
        "shimmy_metrics",
        "shimmy_metrics.cli",
        "shimmy_metrics.cli.main",
        "shimmy_metrics.system",
        "shimmy_metrics.system.handover",
    }


SLOW_TO_LOAD = {"typing", "contextlib", "pathlib", "dataclasses", "inspect", "urllib.parse", "datetime"}


def _beyond_the_interpreter(code: str, root: Path) -> set[str]:
    """Return what is loaded beyond what `site` and the print-out load themselves."""
    return _loaded(code, root) - _loaded("import os, sys, re", root)


@pytest.mark.parametrize("recorded", ["nothing", "a no", "a switch"])
@pytest.mark.parametrize("words", [["serve"], ["list"], ["--version"]])
def test_while_off_a_hand_over_loads_next_to_nothing_of_python_either(
    words: list[str], recorded: str, tmp_path: Path
) -> None:
    (tmp_path / "c" / "shimmy").mkdir(parents=True)
    if recorded == "a no":
        (tmp_path / "c" / "shimmy" / "config.json").write_text('{"metrics": {"enabled": false}}')
    switch = "os.environ['DO_NOT_TRACK'] = '1'" if recorded == "a switch" else "pass"
    loaded = _beyond_the_interpreter(f"import os\n{switch}\n{_handing_over(words, tmp_path)}", tmp_path)
    assert "shimmy_metrics.system.handover" in loaded
    assert not loaded & SLOW_TO_LOAD
    assert not [name for name in loaded if name.startswith(("shimmy_metrics.config", "shimmy_metrics.consent"))]


@pytest.mark.parametrize("words", [["serve"], ["list"], ["--version"]])
def test_while_off_a_hand_over_loads_no_list_of_commands(words: list[str], tmp_path: Path) -> None:
    loaded = _loaded(_handing_over(words, tmp_path), tmp_path)
    assert "shimmy_metrics.system.handover" in loaded
    assert not loaded & {"shimmy_metrics.cli.command_table", "shimmy_metrics.cli.arguments", "argparse", "difflib"}


def _handing_over(words: list[str], tmp_path: Path) -> str:
    """Return code that runs `shimmy` with these words as far as its hand-over, and says there what is loaded."""
    real = tmp_path / "real"
    real.write_text("#!/bin/sh\nexit 0\n")
    real.chmod(0o755)
    return (
        f"import os, sys\nos.environ['SHIMMY_BIN'] = {str(real)!r}\nsys.argv[1:] = {words!r}\n"
        f"def become(*_): {LOADED}; os._exit(0)\n"
        "os.execve = become\nfrom shimmy_metrics.cli.main import shimmy\nshimmy()"
    )


def test_deciding_to_hand_over_a_server_loads_no_store_and_no_meter(tmp_path: Path) -> None:
    code = (
        "from shimmy_metrics.system.profile import Profile\n"
        "from shimmy_metrics.serve.run import _run_measured\n"
        "from shimmy_metrics.serve.exit_status import HandOverError\n"
        "try: _run_measured(Profile.current(), '/bin/true', ['serve'], print)\n"
        "except HandOverError: pass"
    )
    loaded = _loaded(code, tmp_path)
    assert not loaded & {"sqlite3", "asyncio", "uvloop", "httpx", "orjson", "textual", "shimmy_metrics.meter.tap"}
    assert not [entry for entry in tmp_path.rglob("*") if entry.is_file()]
