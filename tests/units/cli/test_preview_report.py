"""What `preview` says of a running session: only where a report is made of it is that called its report."""

from shimmy_metrics.actions.preview import Basis, Preview
from shimmy_metrics.cli.preview_report import described
from shimmy_metrics.consent.effective_consent import EffectiveConsent
from shimmy_metrics.consent.state import SCHEMA_VERSION
from shimmy_metrics.delivery.request import Request
from support import overviews, samples


def _first_line(consent: EffectiveConsent) -> str:
    (running,) = (each.session for each in overviews.busy().running)
    request = Request(consent.endpoint, (), b"{}", ())
    return next(iter(described(Preview(request, Basis.SESSION, consent, running, (running,)), samples.NOW)))


def test_of_a_session_of_which_no_report_is_made_none_is_named() -> None:
    yes = overviews.busy().consent
    assert _first_line(yes) == "The running session: its report as of the last second saved, 2 bytes."
    newer = yes._replace(decision=yes.decision._replace(schema_version=SCHEMA_VERSION + 1))
    for none_made in (newer, yes._replace(ended=True), yes._replace(distrust="others may write it")):
        told = "The running session: as a report it would be, as of the last second saved, 2 bytes."
        assert _first_line(none_made) == told
