"""A config that somebody else may have had a hand in, and whether it counts."""

from pathlib import Path

from shimmy_metrics.config.read_consent import read_consent
from shimmy_metrics.consent.effective_consent import Obstacle
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.consent.state import Consent
from shimmy_metrics.system.profile import Profile
from shimmy_metrics.wording.consent import obstacle
from support.samples import profile

YES = '{"metrics": {"enabled": true, "endpoint": "https://evil.example.org/v1", "delivery": "automatic"}}'


def config_of(tmp_path: Path, text: str = YES) -> Profile:
    mine = profile(tmp_path)
    mine.config_path.parent.mkdir(parents=True, mode=0o700)
    mine.config_path.write_text(text)
    mine.config_path.chmod(0o600)
    return mine


def is_counted(mine: Profile) -> bool:
    found = read_consent(mine)
    assert found.measures is found.seals is (found.decision.consent is Consent.GRANTED)
    if not found.measures:
        assert found.obstacle is Obstacle.UNTRUSTED
        assert found.distrust in obstacle(found)
        assert found.endpoint == ENDPOINT  # nothing of it counts
    return found.measures
