"""What the decision, the environment's switch, the schema and the endpoint together permit. Pure.

The environment can only switch off.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from shimmy_metrics.consent.endpoint import ENDPOINT, same_endpoint
from shimmy_metrics.consent.state import SCHEMA_VERSION, Consent, Decision, Delivery


class Unusable(StrEnum):
    """What cannot be used, so that no decision takes effect here.

    An unusable endpoint, of the config or of this shell, tells nothing about a process that was started with another.
    """

    CONFIG = "the config"
    CONFIG_ENDPOINT = "the config's endpoint"
    ENDPOINT = "SHIMMY_METRICS_ENDPOINT"


class Obstacle(StrEnum):
    """Why nothing is sent although a yes is recorded."""

    UNTRUSTED = "untrusted-config"
    SWITCH = "switch"
    NEWER_SCHEMA = "newer-schema"
    OTHER_ENDPOINT = "other-endpoint"
    ENDED = "ended"
    UNWRITABLE = "unwritable-store"


class GroupSize(NamedTuple):
    """The fewest reports about which a receiver publishes a figure: as the yes covers it, and as it named it last.

    Both are 0 for a receiver that has not confirmed a request yet.
    """

    agreed: int = 0
    named: int = 0

    @property
    def lowered(self) -> bool:
        """Whether it named a smaller one than the yes covers."""
        return self.named < self.agreed


_UNKNOWN: Final = GroupSize()


class EffectiveConsent(NamedTuple):
    """The decision together with what else determines its effect now.

    `switch` is the environment variable that switches off, or empty. `endpoint` is where reports would go now; `ended`:
    that endpoint answered 410, so the programme has ended. `distrust` says in words why a yes in the config does not
    count; empty where it does, or without one. `groups` is what its receiver named in its answers. `unwritable` says
    why the store cannot be written, so that nothing can be kept or sent; empty where it can.
    """

    decision: Decision
    switch: str = ""
    endpoint: str = ENDPOINT
    ended: bool = False
    distrust: str = ""
    groups: GroupSize = _UNKNOWN
    unwritable: str = ""

    @property
    def holds(self) -> bool:
        """Whether each report is held until the person releases it: by choice, or for smaller groups than agreed to."""
        return self.decision.delivery is Delivery.REVIEW or self.groups.lowered

    @property
    def obstacle(self) -> Obstacle | None:
        """Why nothing is sent although consent was granted; None where reports may be sent, or without a yes."""
        if self._untrusted:
            return Obstacle.UNTRUSTED
        if self.decision.consent is not Consent.GRANTED:
            return None
        if self.switch:
            return Obstacle.SWITCH
        if self.decision.schema_version > SCHEMA_VERSION:
            return Obstacle.NEWER_SCHEMA
        if not same_endpoint(self.endpoint, self.decision.endpoint):
            return Obstacle.OTHER_ENDPOINT
        if self.ended:
            return Obstacle.ENDED
        return Obstacle.UNWRITABLE if self.unwritable else None

    @property
    def measures(self) -> bool:
        """Whether a session that starts now is measured, for a report or for the person alone."""
        return self._counts and (self.decision.consent is Consent.GRANTED or self.decision.local)

    @property
    def seals(self) -> bool:
        """Whether a session that ends now becomes a report."""
        return self._yes and self.decision.schema_version <= SCHEMA_VERSION and not self.ended

    @property
    def sends(self) -> bool:
        """Whether a report that is due or released may be sent now."""
        return self._yes and self.obstacle is None

    @property
    def renews(self) -> bool:
        """Whether fields are new since the yes, and whether they may be sent is not decided yet."""
        return self._yes and max(self.decision.schema_version, self.decision.refused) < SCHEMA_VERSION

    @property
    def pauses(self) -> bool:
        """Whether counting pauses: the config cannot be trusted with its answer, and no switch decides instead."""
        return self._untrusted and not self.switch

    @property
    def asks(self) -> bool:
        """Whether the question is open: nothing decided that counts, and no switch in force."""
        return self.pauses or (not self.switch and self.decision.consent is Consent.UNDECIDED)

    @property
    def undecided(self) -> bool:
        """Whether the config has no answer, not even one that does not count."""
        return not self.distrust and self.decision.consent is Consent.UNDECIDED

    @property
    def _untrusted(self) -> bool:
        """Whether the config cannot be trusted with its answer; a plain no is taken from any file."""
        return bool(self.distrust) and (self.decision.local or self.decision.consent is not Consent.DECLINED)

    @property
    def _counts(self) -> bool:
        """Whether the recorded answer takes effect here."""
        return not (self.switch or self._untrusted)

    @property
    def _yes(self) -> bool:
        return self._counts and self.decision.consent is Consent.GRANTED
