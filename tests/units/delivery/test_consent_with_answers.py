"""Consent with what the store adds to it: an endpoint that ended the programme, and a store that cannot be written."""

import os
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.delivery.consent_with_answers import ENDED, effective_consent, with_store
from shimmy_metrics.store.database import set_meta
from support.samples import memory_store, profile
from support.store_files import store_path


def test_an_endpoint_that_ended_the_programme_is_told_whoever_asks(tmp_path: Path) -> None:
    mine = profile(tmp_path)
    enable(mine)
    consent = read_consent(mine)
    with memory_store() as db:
        assert effective_consent(mine, db).ended is with_store(mine, consent, db).ended is False
        set_meta(db, ENDED, consent.endpoint)
        assert effective_consent(mine, db).ended is with_store(mine, consent, db).ended is True
    assert effective_consent(mine, None) == consent


def test_why_the_store_cannot_be_written_is_told_to_what_shows_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = profile(tmp_path)
    enable(mine)
    consent = read_consent(mine)
    assert with_store(mine, consent, None).unwritable == ""
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert with_store(mine, consent, None).unwritable.startswith(f"{store_path(mine)} cannot be written. ")
    assert effective_consent(mine, None).unwritable == ""
