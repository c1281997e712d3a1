"""The whole circle: a server, the meter, a yes, TLS, our own receiver, confirmed, recalled, gone from every file."""

from pathlib import Path

from shimmy_metrics.demo.toy_server import ToyServer
from support.circle import confirmed, recall_and_look, receiver_with_tls
from support.installed import Home, stop
from support.metered import measured, talk


def test_what_was_measured_arrives_is_confirmed_and_can_be_called_back(tmp_path: Path) -> None:
    with receiver_with_tls(Home(tmp_path)) as (running, variables):
        home = Home(tmp_path, variables)
        home.metrics("enable")
        with ToyServer() as toy, measured(home, toy.url) as (port, process):
            talk(port)
            stop(process)
        recall_and_look(home, running, confirmed(home))
