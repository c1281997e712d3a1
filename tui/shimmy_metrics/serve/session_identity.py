"""What a session's figures are kept under: the consent they were counted under, the server, the address."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.endpoint import ENDPOINT, same_endpoint
from shimmy_metrics.counters import Counters
from shimmy_metrics.serve.health import SHIMMY, ServerIdentity

if TYPE_CHECKING:
    from shimmy_metrics.records import Session


class SessionIdentity(NamedTuple):
    """Everything the store keeps of a session but its times and counters.

    `address` is the URL under which clients reach the server, `client_hint` what `client_from_env` returned.
    """

    consent: EffectiveConsent
    address: str
    client_hint: str
    identity: ServerIdentity
    report_id: str

    @property
    def local(self) -> bool:
        """Whether the figures are for the person alone: by choice, or because Shimmy's endpoint takes Shimmy's only."""
        shimmys = same_endpoint(self.consent.endpoint, ENDPOINT)
        return self.consent.decision.local or (shimmys and self.identity.server != SHIMMY)

    @property
    def consent_id(self) -> str:
        """The decision that a report would be sealed under, empty where there will be none."""
        return "" if self.local else self.consent.decision.consent_id

    def session(self, counters: Counters, now: datetime) -> "Session":
        """Return the session that begins `now`, not yet a row of the store."""
        from shimmy_metrics.records import Session  # the store's, which is loaded in its own thread

        return Session(
            row_id=0,
            report_id=self.report_id,
            consent_id=self.consent_id,
            endpoint=self.consent.endpoint,
            local=self.local,
            server=self.identity.server,
            version=self.identity.version,
            address=self.address,
            switch=self.consent.switch,
            client_hint=self.client_hint,
            started=now,
            updated=now,
            ended=None,
            counters=counters,
        )
