"""Consent as values: what was decided, what is in force, and how one becomes the other. Pure.

Off until a person says yes; the environment can only switch off; a yes covers one schema version and one endpoint
(DESIGN, "Consent").
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

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

    `local` is "only for me": declined, but measured for the person's own eyes. `schema_version` and `endpoint` are what
    a yes covers; `refused` is the newest schema version whose new fields were declined, 0 for none. `changed` is the
    config's `last_updated` as it stands there.
    """

    consent: Consent = Consent.UNDECIDED
    local: bool = False
    grant: str = ""
    changed: str = ""
    schema_version: int = 1
    refused: int = 0
    endpoint: str = ENDPOINT
    delivery: Delivery = Delivery.AUTOMATIC


class Obstacle(StrEnum):
    """Why nothing leaves although the answer was yes."""

    SWITCH = "switch"
    NEWER_SCHEMA = "newer-schema"
    OTHER_ENDPOINT = "other-endpoint"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in force now: the decision, the environment's switch, the endpoint.

    `switch` is the environment variable that switches off, or empty. `endpoint` is where reports would go now; `ended`
    tells that this endpoint answered 410, the programme's end.
    """

    decision: Decision
    switch: str = ""
    endpoint: str = ENDPOINT
    ended: bool = False

    @property
    def measures(self) -> bool:
        """Whether a session that starts now is measured, for a report or for the person alone."""
        granted = self.decision.consent is Consent.GRANTED
        return not self.switch and (granted or self.decision.local)

    @property
    def seals(self) -> bool:
        """Whether a session that ends now becomes a report."""
        return (
            self.decision.consent is Consent.GRANTED
            and not self.switch
            and self.decision.schema_version <= SCHEMA_VERSION
            and not self.ended
        )

    @property
    def obstacle(self) -> Obstacle | None:
        """Why nothing leaves although consent was granted, or None where reports may leave (or no yes was given)."""
        if self.decision.consent is not Consent.GRANTED:
            return None
        if self.switch:
            return Obstacle.SWITCH
        if self.decision.schema_version > SCHEMA_VERSION:
            return Obstacle.NEWER_SCHEMA
        if self.endpoint != self.decision.endpoint:
            return Obstacle.OTHER_ENDPOINT
        return Obstacle.ENDED if self.ended else None

    @property
    def sends(self) -> bool:
        """Whether a report that is released may leave now."""
        return self.decision.consent is Consent.GRANTED and self.obstacle is None

    @property
    def renews(self) -> bool:
        """Whether fields are new since the yes, and nobody said yet whether they may be sent too."""
        answered = max(self.decision.schema_version, self.decision.refused)
        return self.decision.consent is Consent.GRANTED and not self.switch and answered < SCHEMA_VERSION

    @property
    def asks(self) -> bool:
        """Whether the question is open: nothing decided and no switch in force."""
        return self.decision.consent is Consent.UNDECIDED and not self.switch


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
