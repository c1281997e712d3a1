"""Keys that ask and keys that answer, and what a person's own keys may not be."""

import itertools
from pathlib import Path

import pytest

from shimmy_metrics.app.keys import CONSENT, OUTBOX, Keys, asking, own_keys
from shimmy_metrics.config.file import load
from shimmy_metrics.consent.state import Consent
from support import opened

ASKED_BY_D = ("outbox.delete", "history.delete", "session.delete", "consent.forget")


def consent(root: Path) -> Consent:
    return load(opened.profile_of(root)).decision.consent


def test_every_binding_has_an_id() -> None:
    from shimmy_metrics.app import keys

    groups = [value for value in vars(keys).values() if isinstance(value, list)]
    bindings = list(itertools.chain(*groups))
    assert bindings
    assert all(binding.id for binding in bindings)


@pytest.mark.parametrize(
    "keys",
    [
        {"question.yes": "d"},
        {"question.yes": "z,r"},
        {"outbox.delete": "f9,y", "report.copy": "Y", "page.leaf-up": "pageup"},
        {"history.delete": "y", "question.yes": "y"},
        {"question.yes": "e"},
        {"question.yes": "x"},
        {"app.export": "b", "page.leaf-up": "pageup"},
        {"consent.enable": "y"},
        {"consent.decline": "y"},
    ],
)
def test_no_keys_are_taken_with_which_a_key_confirms_what_it_asked(keys: dict[str, str]) -> None:
    taken, trouble = own_keys(keys)
    assert taken == Keys()
    assert "asks and" in trouble


def test_keys_that_ask_and_answer_may_be_changed_together() -> None:
    keys = {"question.yes": "d"} | dict.fromkeys(ASKED_BY_D, "D")
    assert own_keys(keys) == (Keys(keys), "")


def test_but_for_its_letter_an_answer_is_asked_for_again_and_nothing_else_is() -> None:
    actions = {binding.action: asking(binding.action) for binding in (*CONSENT, *OUTBOX)}
    assert [action for action, asked in actions.items() if action != asked] == [
        action for action in actions if action.startswith("answer")
    ]
    assert actions["answer('consent.enable')"] == "ask('consent.enable')"
