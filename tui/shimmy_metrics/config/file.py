"""Read the config file: bounded, whole, and a yes only where nobody else could have written it."""

import contextlib
import os

from shimmy_metrics.config.codec import Document, parse
from shimmy_metrics.consent.state import Consent, Decision, untrusted
from shimmy_metrics.errors import UserError
from shimmy_metrics.limits import CONFIG_BYTES
from shimmy_metrics.system.files import read_bounded
from shimmy_metrics.system.profile import Profile


def load(profile: Profile) -> Document:
    """Return the config; a missing file is an empty document.

    A yes in a file that others may have written does not count. Raises `UserError` for a file that cannot be read or
    parsed: metrics are then off.
    """
    return read(profile)[1]


def present(profile: Profile) -> bool:
    """Whether the config file exists: deleting it is a withdrawal."""
    return os.path.exists(profile.config_file)


def read(profile: Profile) -> tuple[bytes | None, Document]:
    """Return the file's bytes, None without a file, and the parsed document. Raises as `load` does."""
    path = profile.config_file
    text = read_bounded(path, CONFIG_BYTES)
    document = parse(text or b"", str(path))
    if document.decision.consent is Consent.GRANTED or document.decision.local:
        from shimmy_metrics.config.trust import distrust  # where it may change what counts

        doubt = distrust(path)
        if doubt:
            document = Document(document.data, untrusted(document.decision), doubt)
    elif document.decision.consent is Consent.UNDECIDED and _declined_elsewhere(profile):
        document = Document(document.data, Decision(Consent.DECLINED))
    return text, document


def _declined_elsewhere(profile: Profile) -> bool:
    """Whether the file that Shimmy's own source reads on macOS records a no."""
    if profile.legacy_config_file is None:
        return False
    with contextlib.suppress(UserError):
        text = read_bounded(profile.legacy_config_file, CONFIG_BYTES)
        where = str(profile.legacy_config_file)
        return parse(text or b"", where).decision.consent is Consent.DECLINED
    return False
