"""What the decision, the environment's switch, the schema and the endpoint together permit. Pure.

The environment can only switch off.
"""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What is permitted: by default nothing."""

    measures: bool = False
    """A session that starts now is measured, for a report or for the person alone."""
    seals: bool = False
    """A session that ends now becomes a report."""
    sends: bool = False
    """A report that is due or released may be sent now."""
    asks: bool = False
    """The question is open."""
    renews: bool = False
    """Fields are new since the yes, and whether they may be sent is not decided yet."""
    obstacle: Obstacle | None = None
    """Why nothing is sent although a yes is recorded; None without a yes or an obstacle."""


def permissions(decision: Decision, *, switch: str, endpoint: str, ended: bool, trusted: bool) -> Permissions:
    """Return what the recorded decision permits.

    `switch` is the environment's switch, empty where none is in force; `endpoint` where reports would go now; `ended`
    whether that endpoint answered 410; `trusted` whether the file that holds the decision is the person's own and
    nobody else's to write.
    """
    if not trusted and (decision.local or decision.consent is not Consent.DECLINED):
        return Permissions(asks=not switch, obstacle=Obstacle.UNTRUSTED)
    yes = decision.consent is Consent.GRANTED
    if switch:
        return Permissions(obstacle=Obstacle.SWITCH if yes else None)
    obstacle = None
    if not yes:
        pass
    elif decision.schema_version > SCHEMA_VERSION:
        obstacle = Obstacle.NEWER_SCHEMA
    elif not same_endpoint(endpoint, decision.endpoint):
        obstacle = Obstacle.OTHER_ENDPOINT
    elif ended:
        obstacle = Obstacle.ENDED
    return Permissions(
        measures=yes or decision.local,
        seals=yes and decision.schema_version <= SCHEMA_VERSION and not ended,
        sends=yes and obstacle is None,
        asks=decision.consent is Consent.UNDECIDED,
        renews=yes and max(decision.schema_version, decision.refused) < SCHEMA_VERSION,
        obstacle=obstacle,
    )


class GroupSize(NamedTuple):
    """About how many reports at least a receiver publishes a figure: what the yes covers, and what it named last.

    Both are 0 for a receiver that has not confirmed a request yet.
    """

    agreed: int = 0
    named: int = 0

    @property
    def lowered(self) -> bool:
        """Whether it named a smaller one than the yes covers."""
        return self.named < self.agreed


_UNKNOWN: Final = GroupSize()


@dataclass(frozen=True, slots=True)
class EffectiveConsent:
    """The decision together with what else determines its effect now.

    `switch` is the environment variable that switches off, or empty. `endpoint` is where reports would go now; `ended`:
    that endpoint answered 410, so the programme has ended. `distrust` says in words why a yes in the config does not
    count; empty where it does, or without one. `groups` is what its receiver named in its answers.
    """

    decision: Decision
    switch: str = ""
    endpoint: str = ENDPOINT
    ended: bool = False
    distrust: str = ""
    groups: GroupSize = _UNKNOWN

    @property
    def holds(self) -> bool:
        """Whether each report is held until the person releases it: by choice, or for smaller groups than agreed to."""
        return self.decision.delivery is Delivery.REVIEW or self.groups.lowered

    @property
    def permissions(self) -> Permissions:
        """What is permitted now."""
        return permissions(
            self.decision, switch=self.switch, endpoint=self.endpoint, ended=self.ended, trusted=not self.distrust
        )

    @property
    def measures(self) -> bool:
        """Whether a session that starts now is measured, for a report or for the person alone."""
        return self.permissions.measures

    @property
    def seals(self) -> bool:
        """Whether a session that ends now becomes a report."""
        return self.permissions.seals

    @property
    def obstacle(self) -> Obstacle | None:
        """Why nothing is sent although consent was granted; None where reports may be sent, or without a yes."""
        return self.permissions.obstacle

    @property
    def sends(self) -> bool:
        """Whether a report that is due or released may be sent now."""
        return self.permissions.sends

    @property
    def renews(self) -> bool:
        """Whether fields are new since the yes, and whether they may be sent is not decided yet."""
        return self.permissions.renews

    @property
    def asks(self) -> bool:
        """Whether the question is open: nothing decided and no switch in force."""
        return self.permissions.asks
