"""Where a receiver publishes about smaller groups than agreed to, the app says why reports are held and asks anew."""

from pathlib import Path

from shimmy_metrics.actions.decide import enable
from shimmy_metrics.consent.effective_consent import GroupSize
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.delivery import groups
from shimmy_metrics.records import NoteKind, QueueState
from shimmy_metrics.store import chain, outbox
from shimmy_metrics.store.database import opened as store
from support import opened, samples


async def test_consent_and_outgoing_say_why_and_a_new_yes_ends_it(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    decision = enable(profile).decision
    held = samples.queued(state=QueueState.HELD_FOR_GROUPS, consent_id=decision.consent_id, endpoint=ENDPOINT)
    with store(profile) as db:
        assert groups.record_named(db, ENDPOINT, 3)
        chain.add_note(db, at=samples.NOW, kind=NoteKind.GROUPS_LOWERED, number=3)
        outbox.add(db, held)
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "2")
        assert "metrics.shimmy-ai.dev publishes figures about fewer reports than before." in opened.read(app)
        assert "held for review" in opened.text(app)
        await opened.press(pilot, "c")
        asked = opened.read(app)
        assert "now publishes figures about 3 or more reports; under your yes it was 20." in asked
        assert "figures may be about 3 reports" in asked
        await opened.answer(pilot, "t")
        await opened.until(pilot, lambda: "Each report is held here until you release it." in opened.read(app))
        await opened.press(pilot, "c")
        await opened.until(pilot, lambda: "reports are held until you agree again all the same" in opened.read(app))
        await opened.answer(pilot, "t")
        await opened.until(pilot, lambda: "Your choice is recorded." in opened.read(app))
        await opened.press(pilot, "c")
        await opened.answer(pilot, "e")
        await opened.until(pilot, lambda: "now publishes figures" not in opened.read(app))
        await opened.press(pilot, "3")  # of what was, nothing is said as if it were so still
        told = opened.read(app)
        assert "Figures about 3 or more reports announced; what was due was held." in told
        assert "from then on each report is held until you release it or agree again." in told
    with store(profile) as db:
        assert groups.group_size(db, ENDPOINT) == GroupSize(3, 3)
        assert [each.state for each in outbox.everything(db)] == [QueueState.DUE]


async def test_a_number_that_was_raised_since_the_yes_is_not_said_to_have_been_agreed_to(tmp_path: Path) -> None:
    profile = opened.profile_of(tmp_path)
    enable(profile)
    with store(profile) as db:
        assert not groups.record_named(db, ENDPOINT, 50)
        assert groups.record_named(db, ENDPOINT, 30)
    app = opened.living(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened.press(pilot, "c")
        assert "figures about 30 or more reports; under your yes it was 50. Each" in opened.read(app)
