"""What the meter costs a client, beside no meter and beside nginx. Run by hand: `python tests/benchmarks/relay.py`.

Server and clients are `relay.c`, compiled when this starts. `carried` is the installed `shimmy serve --upstream` where
nothing is counted, `metered` the same with consent; nginx (where it is installed) is an HTTP reverse proxy that keeps
its connections. Rounds take turns and medians count; only ratios within a run tell something: all share a machine.
"""

import importlib.util
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.installed import Home, stop, wait_until
from support.servers import free_port, wait_for

ROUNDS: Final = 7
SECONDS: Final = 1
CLIENTS: Final = (1, 32, 256)
NGINX: Final = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_requests 1000000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    upstream server {{ server 127.0.0.1:{server}; keepalive 512; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{ proxy_pass http://server; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}
}}
"""


def say(line: str) -> None:
    """Print one line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def served(program: Path) -> Iterator[int]:
    """Yield the port of the server."""
    with subprocess.Popen([program, "serve"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def nginx(folder: Path, server: int) -> Iterator[int]:
    """Yield the port of an nginx before the server, or 0 where there is no nginx."""
    binary = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if binary is None:
        say("nginx is not installed: compared with the direct way alone")
        yield 0
        return
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, server=server, port=port))
    with subprocess.Popen([binary, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield port
        finally:
            process.terminate()


@contextmanager
def relayed(home: Home, server: str) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """Yield the port of the installed program before the server, and its process."""
    port = free_port()
    with home.started("serve", "--upstream", server, "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        yield port, process


def load(program: Path, port: int, clients: int) -> tuple[int, float, float]:
    """Return how many answers came, how many that is a second, and the median microseconds of one."""
    words = [str(program), "load", str(port), str(clients), str(SECONDS)]
    told = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return int(told[0]), float(told[1]), float(told[2])


def measure(program: Path, ways: dict[str, int]) -> int:
    """Load each way in turn and print what came of it; return how many answers came through the meter."""
    answers = 0
    for clients in CLIENTS:
        rates: dict[str, list[float]] = {name: [] for name in ways}
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, port in ways.items():
                came, rate, time = load(program, port, clients)
                rates[name].append(rate)
                times[name].append(time)
                answers += came if name == "metered" else 0
        rate_of = {name: statistics.median(told) for name, told in rates.items()}
        time_of = {name: statistics.median(told) for name, told in times.items()}
        for name in ways:
            line = f"{clients:4} clients  {name:8}{rate_of[name]:8.0f} answers/s  median {time_of[name]:7.1f} us"
            line += "".join(
                f"   x {other} {rate_of[name] / rate_of[other]:5.2f}" for other in ("direct", "nginx") if other in ways
            )
            if clients == 1 and "nginx" in ways:
                added = (time_of[name] - time_of["direct"]) / (time_of["nginx"] - time_of["direct"])
                line += f"   added time x nginx's {added:5.2f}"
            say(line)
    return answers


def main() -> None:
    """Print all."""
    compiler = shutil.which("cc")
    if compiler is None:
        say("not measured: there is no C compiler for the server and the clients")
        return
    with tempfile.TemporaryDirectory() as root:
        folder, program = Path(root), Path(root, "relay")
        subprocess.run([compiler, "-O2", "-o", program, Path(__file__).with_suffix(".c")], check=True)
        home = Home(folder / "metered", {"SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
        undecided = Home(folder / "carried")
        for each in (home, undecided):
            each.root.mkdir()
        home.metrics("enable")
        say(f"the event loop: {'uvloop' if importlib.util.find_spec('uvloop') else 'asyncio'}")
        with served(program) as server, nginx(folder, server) as proxy:
            before = f"http://127.0.0.1:{server}"
            with relayed(undecided, before) as (carried, _), relayed(home, before) as (metered, meter):
                ways = {"direct": server, "carried": carried, "metered": metered}
                answers = measure(program, {**ways, "nginx": proxy} if proxy else ways)
                stop(meter)
        counted = json.loads(home.metrics("preview").stdout)["metrics"]["requests_per_session"]
        log = home.profile.state_dir / "metrics.log"
        assert wait_until(lambda: log.exists() and "nothing-left" in log.read_text())  # the sender has ended
        # A client ends with its last question open: it is counted and was not waited for.
        assert answers <= counted <= answers + ROUNDS * sum(CLIENTS), (answers, counted)
        say(f"{answers} answers were metered; the report says {counted} requests")


if __name__ == "__main__":
    main()
