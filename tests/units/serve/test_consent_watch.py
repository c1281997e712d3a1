"""The decision while a session runs: which changes it survives, and when the config is parsed."""

import sys
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import decline, enable, only_for_me
from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.errors import UserError
from shimmy_metrics.serve import consent_watch
from shimmy_metrics.serve.consent_watch import ConsentWatch, still_covered
from support.queued import LOCAL
from support.samples import profile


@pytest.fixture(scope="module")
def consents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, EffectiveConsent]:
    """Return effective consents as the program itself writes and reads them."""
    mine = profile(tmp_path_factory.mktemp("home"), SHIMMY_METRICS_ENDPOINT=LOCAL)
    found = {"none": read_consent(mine)}
    for name, answer in (("yes", enable), ("only for me", only_for_me), ("no", decline), ("another yes", enable)):
        answer(mine)
        found[name] = read_consent(mine)
    found["switched off"] = found["yes"]._replace(switch="DO_NOT_TRACK=1")
    return found


@pytest.mark.parametrize(
    ("began", "now", "covered"),
    [
        ("yes", "yes", "always"),
        ("only for me", "only for me", "always"),
        ("only for me", "another yes", "until restart"),
        ("yes", "another yes", "never"),
        ("yes", "only for me", "never"),
        ("yes", "no", "never"),
        ("yes", "none", "never"),
        ("yes", "switched off", "never"),
        ("only for me", "no", "never"),
    ],
)
def test_which_change_a_session_survives(
    consents: dict[str, EffectiveConsent], began: str, now: str, covered: str
) -> None:
    found = [still_covered(consents[began], consents[now], restartable=each) for each in (False, True)]
    assert found == {"always": [True, True], "until restart": [True, False], "never": [False, False]}[covered]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a person's folders to that person")
@pytest.mark.parametrize(("what", "mode"), [("config.json", 0o600), (".", 0o700)])
def test_who_may_write_the_config_is_noticed_as_a_change(tmp_path: Path, what: str, mode: int) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    watch, opened = ConsentWatch(mine), mine.config_path.parent / what

    def measures() -> bool:
        found = watch.poll()
        assert isinstance(found, EffectiveConsent)
        return found.measures

    assert measures()
    opened.chmod(mode | 0o022)
    assert not measures()
    opened.chmod(mode)
    assert measures()


def test_the_config_is_parsed_once_for_each_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = profile(tmp_path, SHIMMY_METRICS_ENDPOINT=LOCAL)
    enable(mine)
    parsed: list[None] = []

    def counted(*_: object) -> EffectiveConsent:
        parsed.append(None)
        return read_consent(mine)

    monkeypatch.setattr(consent_watch, "read_consent", counted)
    watch = ConsentWatch(mine)
    assert [watch.poll(), watch.poll()] == [read_consent(mine)] * 2
    assert len(parsed) == 1
    decline(mine)
    assert watch.poll() == read_consent(mine)
    assert len(parsed) == 2
    mine.config_path.write_text("[metrics\n")
    assert isinstance(watch.poll(), UserError)
    mine.config_path.unlink()
    found = watch.poll()
    assert isinstance(found, EffectiveConsent)
    assert not found.measures
