"""The ways to a server that are compared: nothing between, the relay, the meter, and other proxies where they are.

`carried` is the installed `shimmy serve --upstream` where nothing is counted, `metered` the same with consent. nginx is
an HTTP reverse proxy of one process that keeps its connections; mitmproxy and LiteLLM are as they are installed, with
their own logs off.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from support.installed import BIN, Home
from support.servers import free_port, wait_for

_WHERE: Final = f"{os.environ.get('PATH', '')}:{BIN}:/usr/sbin:/usr/bin:/usr/local/sbin"
_START_SECONDS: Final = 120.0

_NGINX: Final = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_requests 1000000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    upstream server {{ server 127.0.0.1:{server}; keepalive 2048; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{ proxy_pass http://server; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}
}}
"""
_LITELLM: Final = """
model_list:
  - model_name: some-model
    litellm_params: {{model: openai/some-model, api_base: "http://127.0.0.1:{server}/v1", api_key: none}}
"""


OTHERS: Final = {
    "nginx": ("nginx", "-p", "{folder}", "-c", "{folder}/nginx.conf"),
    "mitmproxy": (
        "mitmdump", "--mode", "reverse:http://127.0.0.1:{server}", "--listen-host", "127.0.0.1", "-p", "{port}", "-q",
        "--set", "stream_large_bodies=1", "--set", "confdir={folder}",
    ),
    "LiteLLM": (
        "litellm", "--config", "{folder}/litellm.yaml", "--host", "127.0.0.1", "--port", "{port}",
        "--telemetry", "False",
    ),
}  # fmt: skip
"""Proxies by name, with the command that runs each."""


_LITELLM_VARIABLES: Final = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
}
"""It asks no other machine for anything, and takes requests without a key, as the others do."""


class Way(NamedTuple):
    """Where a way begins, and the process on it: None where there is none."""

    port: int
    process: "subprocess.Popen[str] | None" = None

    def cpu_seconds(self) -> float:
        """Return the CPU time that its process has used, 0 without one."""
        return cpu_seconds(self.process.pid) if self.process else 0.0


def cpu_seconds(process: int) -> float:
    """Return the CPU time that a process has used, threads that ended included, finer than the ticks in /proc."""
    return time.clock_gettime((~process << 3) | 2)  # Linux has a clock for each process


def cpu_seconds_of_all(process: int) -> float:
    """Return the CPU time that a process and those that it has started have used."""
    files = Path(f"/proc/{process}/task").glob("*/children")
    started = [int(each) for file in files for each in file.read_text().split()]
    return sum(cpu_seconds(each) for each in (process, *started))


@contextmanager
def relayed(home: Home, server: int) -> Iterator[Way]:
    """Yield the way through the installed program."""
    port = free_port()
    with home.started("serve", "--upstream", f"http://127.0.0.1:{server}", "--bind", f"127.0.0.1:{port}") as process:
        wait_for(port, process)
        yield Way(port, process)


@contextmanager
def proxied(name: str, folder: Path, server: int) -> Iterator[Way | None]:
    """Yield the way through one of `OTHERS`, or None where it is not installed."""
    program = shutil.which(OTHERS[name][0], path=_WHERE)
    if program is None:
        yield None
        return
    port = free_port()
    for file, text in (("nginx.conf", _NGINX), ("litellm.yaml", _LITELLM)):
        (folder / file).write_text(text.format(folder=folder, server=server, port=port))
    words = [each.format(folder=folder, server=server, port=port) for each in OTHERS[name][1:]]
    variables = {"HOME": str(folder), "PATH": _WHERE, "LANG": "C.UTF-8", **_LITELLM_VARIABLES}
    with subprocess.Popen(
        [program, *words], env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            wait_for(port, process, _START_SECONDS)
            yield Way(port, process)
        finally:
            process.kill()  # some wait for streams to end
