"""The config file on disk: read whole, written atomically under a lock, never written over where it is damaged."""

import contextlib
import os
from collections.abc import Callable

from shimmy_metrics.config.shape import Document, parse, render
from shimmy_metrics.consent import Consent, Decision
from shimmy_metrics.errors import TroubleError
from shimmy_metrics.limits import CONFIG_BYTES
from shimmy_metrics.system.files import another_owner, make_private_dir, read_bounded, write_durable
from shimmy_metrics.system.locks import directory_lock
from shimmy_metrics.system.profile import Profile


def load(profile: Profile) -> Document:
    """Return the config as it stands; an absent file is an empty document.

    Raises `TroubleError` for a file that cannot be read or understood: metrics are off then.
    """
    text = read_bounded(profile.config_path, CONFIG_BYTES)
    document = parse(text or b"", str(profile.config_path))
    if document.decision.consent is Consent.UNDECIDED and _declined_elsewhere(profile):
        return Document(document.data, Decision(Consent.DECLINED))
    return document


def present(profile: Profile) -> bool:
    """Whether there is a config file at all: its deletion is a withdrawal."""
    return os.path.exists(profile.config_path)


def change(profile: Profile, step: Callable[[Decision], Decision]) -> Decision:
    """Apply `step` to the recorded decision and write the result; return it. Nothing is written where it is the same.

    Raises `TroubleError` where the file is damaged, belongs to somebody else or cannot be written; it is then as it
    was.
    """
    folder = profile.config_path.parent
    if another_owner(profile.config_path):
        remedy = "Run this as the owner (under sudo the home may be another person's)"
        raise TroubleError("belongs to another user", where=str(folder), remedy=remedy)
    try:
        make_private_dir(folder)
    except OSError as error:
        reason = (error.strerror or "it cannot be made").lower()
        raise TroubleError(f"cannot be made: {reason}", where=str(folder), remedy="Nothing was changed") from error
    with directory_lock(folder):
        document = load(profile)
        decision = step(document.decision)
        if decision != document.decision:
            write_durable(profile.config_path, render(document, decision))
    return decision


def _declined_elsewhere(profile: Profile) -> bool:
    """Whether the place where Shimmy's own source looks on macOS records a no."""
    if profile.legacy_config_path is None:
        return False
    with contextlib.suppress(TroubleError):
        text = read_bounded(profile.legacy_config_path, CONFIG_BYTES)
        where = str(profile.legacy_config_path)
        return parse(text or b"", where).decision.consent is Consent.DECLINED
    return False
