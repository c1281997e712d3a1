"""What is so when an answer is given, besides the consent: its sentences depend on it. A value."""

from typing import NamedTuple

from shimmy_metrics.consent.effective_consent import Unusable
from shimmy_metrics.next_attempt import FIRST_ATTEMPT, NextAttempt
from shimmy_metrics.records import Session


class Situation(NamedTuple):
    """What is measured and sent at the moment, and what cannot be used.

    `running` are the sessions that are measured, `cut_off` those whose process is gone without having ended them.
    `attempt` is when a sender tries next by itself; `sending`: one is at work. `unusable`: nothing is measured from
    this shell; `store_unusable`: nothing is saved, whatever is started.
    """

    running: tuple[Session, ...] = ()
    attempt: NextAttempt = FIRST_ATTEMPT
    sending: bool = False
    unusable: Unusable | None = None
    store_unusable: bool = False
    cut_off: tuple[Session, ...] = ()
