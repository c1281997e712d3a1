"""A profile that agreed to a receiver, and what its commands say."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support import receiver as behave
from support.installed import UNHURRIED, Home
from support.receiver import Receiver

NOWHERE = "http://127.0.0.1:9/v1/usage"


@contextmanager
def enabled(folder: Path, behaviour: behave.Behaviour = behave.accept) -> Iterator[tuple[Home, Receiver]]:
    """Yield a home that agreed to a receiver, and the receiver."""
    with Receiver(folder, behaviour) as receiver:
        home = Home(folder / "home", receiver.variables)
        home.root.mkdir()
        home.agree()
        yield home, receiver


def of_a_unit(home: Home) -> Home:
    """Return the home for a server that is a systemd unit, at whose end a report is made and no sender is started."""
    variables = {**home.variables, "INVOCATION_ID": "c0ffee"}
    return Home(home.root, variables, before=UNHURRIED)


def status(home: Home) -> str:
    return home.metrics("status").stdout


def status_json(home: Home) -> dict[str, object]:
    told: dict[str, object] = json.loads(home.metrics("status", "--json").stdout)
    return told
