"""Consent as values: what was decided, what is in force, and how one becomes the other. Pure.

Off until a person says yes; the environment can only switch off; a yes covers one schema version and one endpoint.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

SCHEMA_VERSION: Final = 1
"""The newest version of the field table that this program knows."""

ENDPOINT: Final = "https://metrics.shimmy-ai.dev/v1/usage"
"""The description's endpoint: what a yes covers where the config names no other."""


class Consent(StrEnum):
    """The three words. Only `GRANTED` lets anything leave."""

    UNDECIDED = "undecided"
    GRANTED = "granted"
    DECLINED = "declined"


class Delivery(StrEnum):
    """How a sealed report leaves: by itself after the session, or when a person releases it."""

    AUTOMATIC = "automatic"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the config file says. `grant` is the config's `session_id`: the decision's name, new with each, never sent.

    A yes that was written by hand without one has a name that follows from its content: it is never empty where a
    report may be sealed. `local` is "only for me": declined, but measured for the person's own eyes. `schema_version`
    and `endpoint` are what a yes covers; `refused` is the newest schema version whose new fields were declined, 0 for
    none. `changed` is the config's `last_updated` as it stands there.
    """

    consent: Consent = Consent.UNDECIDED
    local: bool = False
    grant: str = ""
    changed: str = ""
    schema_version: int = 1
    refused: int = 0
    endpoint: str = ENDPOINT
    delivery: Delivery = Delivery.AUTOMATIC


class Unusable(StrEnum):
    """What cannot be used, so that whatever was decided is not in force: the config, or a variable of this shell."""

    CONFIG = "the config"
    ENDPOINT = "SHIMMY_METRICS_ENDPOINT"


class Obstacle(StrEnum):
    """Why nothing leaves although a yes is recorded."""

    UNTRUSTED = "untrusted-config"
    SWITCH = "switch"
    NEWER_SCHEMA = "newer-schema"
    OTHER_ENDPOINT = "other-endpoint"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveConsent:
    """What may happen; nothing, unless it is said."""

    measures: bool = False
    """A session that starts now is measured, for a report or for the person alone."""
    seals: bool = False
    """A session that ends now becomes a report."""
    sends: bool = False
    """A report that is due, or is released, may leave now."""
    asks: bool = False
    """The question is open."""
    renews: bool = False
    """Fields are new since the yes, and nobody said yet whether they may be sent too."""
    obstacle: Obstacle | None = None
    """Why nothing leaves although a yes is recorded; None where none is, or nothing is in the way."""


def effective_consent(
    decision: Decision, *, switch: str, endpoint: str, ended: bool, trusted: bool
) -> EffectiveConsent:
    """Return what may happen under the recorded decision.

    `switch` is the environment's switch, empty where none is in force; `endpoint` where reports would go now; `ended`
    whether that endpoint answered 410; `trusted` whether the file that holds the decision is the person's own and
    nobody else's to write.
    """
    if not trusted and (decision.local or decision.consent is not Consent.DECLINED):
        return EffectiveConsent(asks=not switch, obstacle=Obstacle.UNTRUSTED)
    yes = decision.consent is Consent.GRANTED
    if switch:
        return EffectiveConsent(obstacle=Obstacle.SWITCH if yes else None)
    obstacle = None
    if not yes:
        pass
    elif decision.schema_version > SCHEMA_VERSION:
        obstacle = Obstacle.NEWER_SCHEMA
    elif not same_endpoint(endpoint, decision.endpoint):
        obstacle = Obstacle.OTHER_ENDPOINT
    elif ended:
        obstacle = Obstacle.ENDED
    return EffectiveConsent(
        measures=yes or decision.local,
        seals=yes and decision.schema_version <= SCHEMA_VERSION and not ended,
        sends=yes and obstacle is None,
        asks=decision.consent is Consent.UNDECIDED,
        renews=yes and max(decision.schema_version, decision.refused) < SCHEMA_VERSION,
        obstacle=obstacle,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in force now: the decision, the environment's switch, the endpoint.

    `switch` is the environment variable that switches off, or empty. `endpoint` is where reports would go now; `ended`
    tells that this endpoint answered 410, the programme's end. `distrust` says in words why a yes that stands in the
    config does not count, empty where it does or none stands there.
    """

    decision: Decision
    switch: str = ""
    endpoint: str = ENDPOINT
    ended: bool = False
    distrust: str = ""

    @property
    def effective(self) -> EffectiveConsent:
        """What may happen now."""
        return effective_consent(
            self.decision, switch=self.switch, endpoint=self.endpoint, ended=self.ended, trusted=not self.distrust
        )

    @property
    def measures(self) -> bool:
        """Whether a session that starts now is measured, for a report or for the person alone."""
        return self.effective.measures

    @property
    def seals(self) -> bool:
        """Whether a session that ends now becomes a report."""
        return self.effective.seals

    @property
    def obstacle(self) -> Obstacle | None:
        """Why nothing leaves although consent was granted, or None where reports may leave (or no yes was given)."""
        return self.effective.obstacle

    @property
    def sends(self) -> bool:
        """Whether a report that is released may leave now."""
        return self.effective.sends

    @property
    def renews(self) -> bool:
        """Whether fields are new since the yes, and nobody said yet whether they may be sent too."""
        return self.effective.renews

    @property
    def asks(self) -> bool:
        """Whether the question is open: nothing decided and no switch in force."""
        return self.effective.asks


def same_endpoint(one: str, other: str) -> bool:
    """Whether two addresses name the same receiver.

    Compared are scheme, host (in any case of letters), port (the scheme's own may be left out), path (without a slash
    at its end) and query. What is no address equals itself alone.
    """
    return _address(one) == _address(other)


def _address(url: str) -> tuple[str | int | None, ...]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return (url,)
    return parts.scheme, (parts.hostname or "").removesuffix("."), port, parts.path.rstrip("/"), parts.query


def untrusted(decision: Decision) -> Decision:
    """Return what a decision counts for that stands in a file which is not the person's alone: a no, and no more.

    How reports leave stays as it stands there: holding them back harms nobody.
    """
    if decision.consent is Consent.DECLINED and not decision.local:
        return decision
    return Decision(delivery=decision.delivery)


def granted(decision: Decision, *, grant: str, changed: str, endpoint: str) -> Decision:
    """Return the decision after a yes for this program's schema and `endpoint`; how reports leave stays as chosen."""
    return Decision(
        consent=Consent.GRANTED,
        grant=grant,
        changed=changed,
        schema_version=SCHEMA_VERSION,
        endpoint=endpoint,
        delivery=decision.delivery,
    )


def renewed(decision: Decision, *, changed: str) -> Decision:
    """Return a yes that covers this program's fields as well. It is the same grant: what it measured stays its own."""
    return replace(decision, schema_version=SCHEMA_VERSION, refused=0, changed=changed)


def left_as_it_was(decision: Decision, *, changed: str) -> Decision:
    """Return a yes whose holder declined this program's new fields: the earlier ones are covered, as before."""
    return replace(decision, refused=SCHEMA_VERSION, changed=changed)


def declined(decision: Decision, *, grant: str, changed: str, local: bool = False) -> Decision:
    """Return the decision after a no, or after "only for me"."""
    return replace(decision, consent=Consent.DECLINED, local=local, grant=grant, changed=changed)
