"""The config file as it is read: bounded, whole, and a yes only where nobody else could have written it."""

import contextlib
import os

from shimmy_metrics.config.codec import Document, parse
from shimmy_metrics.config.trust import distrust
from shimmy_metrics.consent.state import Consent, Decision, untrusted
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import CONFIG_BYTES
from shimmy_metrics.system.files import read_bounded
from shimmy_metrics.system.profile import Profile


def load(profile: Profile) -> Document:
    """Return the config as it stands; an absent file is an empty document.

    A yes in a file that is not the person's alone is none. Raises `UserError` for a file that cannot be read or
    understood: metrics are off then.
    """
    return read(profile)[1]


def present(profile: Profile) -> bool:
    """Whether there is a config file at all: its deletion is a withdrawal."""
    return os.path.exists(profile.config_path)


def read(profile: Profile) -> tuple[bytes | None, Document]:
    """Return the file's bytes, None where there is none, and the document that they are. Raises as `load` does."""
    path = profile.config_path
    text = read_bounded(path, CONFIG_BYTES)
    document = parse(text or b"", str(path))
    if document.decision.consent is Consent.GRANTED or document.decision.local:
        doubt = distrust(path)
        if doubt:
            document = Document(document.data, untrusted(document.decision), doubt)
    elif document.decision.consent is Consent.UNDECIDED and _declined_elsewhere(profile):
        document = Document(document.data, Decision(Consent.DECLINED))
    return text, document


def _declined_elsewhere(profile: Profile) -> bool:
    """Whether the place where Shimmy's own source looks on macOS records a no."""
    if profile.legacy_config_path is None:
        return False
    with contextlib.suppress(UserError):
        text = read_bounded(profile.legacy_config_path, CONFIG_BYTES)
        where = str(profile.legacy_config_path)
        return parse(text or b"", where).decision.consent is Consent.DECLINED
    return False
