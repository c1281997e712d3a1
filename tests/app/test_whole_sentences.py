"""At 80x24 no sentence ends in the middle: not in the question, not in what is never sent."""

from pathlib import Path

import pytest

from shimmy_metrics.app.screens.fields.view import fields_view
from shimmy_metrics.app.screens.report.view import measured
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.layout import Canvas
from shimmy_metrics.report.never import NEVER
from shimmy_metrics.wording.consent_question import OWN_FIGURES, disclosure
from support import opened, overviews, samples


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8791/v1/usage", "https://metrics.example.org/v1/usage"])
@pytest.mark.parametrize("proxy", ["", "the proxy http://proxy.example.org:3128"])
async def test_the_question_for_another_receiver_is_in_view_whole(tmp_path: Path, endpoint: str, proxy: str) -> None:
    shown = overviews.undecided()
    shown = shown._replace(consent=shown.consent._replace(endpoint=endpoint), proxy=proxy)
    app = opened.still(tmp_path, shown, asks=True)
    async with app.run_test(size=(80, 24)):
        told = opened.read(app)
        assert " ".join(disclosure(endpoint, proxy)) in told
        assert " ".join(OWN_FIGURES) in told
        assert "space: more" not in told


@pytest.mark.parametrize("keys", [("c",), ("c", "G")])
async def test_that_an_answer_can_be_changed_is_said_once(tmp_path: Path, keys: tuple[str, ...]) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(80, 20)) as pilot:
        await opened.press(pilot, *keys)
        assert opened.read(app).count("Change your mind") <= 1


@pytest.mark.parametrize("search", ["", "model"])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_what_is_never_sent_is_told_whole_and_once(width: int, search: str) -> None:
    content = fields_view(Canvas(width, 24, UNICODE, samples.NOW), overviews.busy(), search)
    lines = ["".join(span.text for span in row.line) for row in content.rows]
    told = " ".join(" ".join(lines[lines.index(" Never") :]).split())
    names = {row.key for row in content.rows}
    for name, fate in NEVER:
        assert told.count(f"{name} {fate}") == (name in names)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_becomes_of_what_is_measured_and_never_sent_is_told_whole(width: int) -> None:
    rows = measured(Canvas(width, 24, UNICODE, samples.NOW), overviews.busy().example.body, {})
    lines = ["".join(span.text for span in row.line).replace("→ nothing", "") for row in rows]
    told = " ".join(" ".join(lines).split())
    assert all(f"{name} {fate}" in told for name, fate in NEVER)
