"""The decision as a value, and how each answer changes it. Pure.

Metrics are off until a person says yes; a yes covers one schema version and one endpoint.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from shimmy_metrics.consent.endpoint import ENDPOINT

SCHEMA_VERSION: Final = 1
"""The version of this program's field table: written by `support.renew`, in `tests/`, from its rows."""


class Consent(StrEnum):
    """The three states. Only `GRANTED` permits sending."""

    UNDECIDED = "undecided"
    GRANTED = "granted"
    DECLINED = "declined"


class Delivery(StrEnum):
    """When a sealed report is sent: by itself after the session, or when a person releases it."""

    AUTOMATIC = "automatic"
    REVIEW = "review"


class Decision(NamedTuple):
    """What the config file says. `consent_id` (the config's `session_id`) names it: new with each, never sent.

    A yes that was written by hand without one has a name that follows from its content: it is never empty where a
    report may be sealed. `local` is "only for me": declined, but measured for the person's own eyes. `schema_version`
    and `endpoint` are what a yes covers; `refused` is the newest schema version whose new fields were declined, 0 for
    none. `changed` is the config's `last_updated`, unparsed.
    """

    consent: Consent = Consent.UNDECIDED
    local: bool = False
    consent_id: str = ""
    changed: str = ""
    schema_version: int = 1
    refused: int = 0
    endpoint: str = ENDPOINT
    delivery: Delivery = Delivery.AUTOMATIC


def untrusted(decision: Decision) -> Decision:
    """Return what a decision amounts to in a file that others may write: a no counts, a yes does not.

    The mode of delivery is kept: holding reports back harms nobody.
    """
    if decision.consent is Consent.DECLINED and not decision.local:
        return decision
    return Decision(delivery=decision.delivery)


def granted(decision: Decision, *, consent_id: str, changed: str, endpoint: str) -> Decision:
    """Return the decision after a yes to this program's schema and `endpoint`; the mode of delivery is kept."""
    return Decision(
        consent=Consent.GRANTED,
        consent_id=consent_id,
        changed=changed,
        schema_version=SCHEMA_VERSION,
        endpoint=endpoint,
        delivery=decision.delivery,
    )


def renewed(decision: Decision, *, changed: str) -> Decision:
    """Return a yes that covers this program's fields as well: the same decision, so what it measured stays its own."""
    return decision._replace(schema_version=SCHEMA_VERSION, refused=0, changed=changed)


def left_as_it_was(decision: Decision, *, changed: str) -> Decision:
    """Return a yes after a no to this program's new fields: it covers the earlier ones, as before."""
    return decision._replace(refused=SCHEMA_VERSION, changed=changed)


def declined(decision: Decision, *, consent_id: str, changed: str, local: bool = False) -> Decision:
    """Return the decision after a no, or after "only for me"."""
    return decision._replace(consent=Consent.DECLINED, local=local, consent_id=consent_id, changed=changed)
