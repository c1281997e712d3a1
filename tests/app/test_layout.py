"""Every list and every explanation at every size: no line is too long, and nothing is cut that has room."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shimmy_metrics.actions.overview import Overview
from shimmy_metrics.app.app import ShimmyApp
from shimmy_metrics.app.keys import Button
from shimmy_metrics.app.screens.fields.view import fields_view
from shimmy_metrics.app.screens.history.view import explained, history_view
from shimmy_metrics.app.screens.outgoing.view import outgoing_view
from shimmy_metrics.app.screens.report.baseline import last_sent
from shimmy_metrics.app.screens.report.subject import subjects
from shimmy_metrics.app.screens.report.view import Selection, View
from shimmy_metrics.app.screens.session.view import figures_explained, session_view
from shimmy_metrics.app.terminal.glyphs import UNICODE
from shimmy_metrics.app.ui.bottom_row import GAP, buttons_width, fit_buttons
from shimmy_metrics.app.ui.frame import TABS, consent, effective_consent, top
from shimmy_metrics.app.ui.layout import LIST, WIDE, Canvas, Content, column_widths, side_by_side
from shimmy_metrics.app.ui.screen import BaseScreen
from shimmy_metrics.app.ui.text import MEASURE, Line
from shimmy_metrics.records import Departure
from shimmy_metrics.report.fields import FIELDS
from support import opened, overviews, samples

SHOWN = {name: getattr(overviews, name)() for name in ("busy", "batch", "failing", "several", "idle", "only_for_me")}

sizes = st.tuples(st.integers(30, 240), st.integers(8, 70))
shown_overviews = st.sampled_from(sorted(SHOWN))


def canvas_of(size: tuple[int, int]) -> Canvas:
    return Canvas(*size, UNICODE, samples.NOW)


def marked(app: ShimmyApp) -> str:
    assert isinstance(app.screen, BaseScreen)
    return app.screen.mark


def plain(line: Line) -> str:
    return "".join(span.text for span in line).rstrip()


def contents(canvas: Canvas, shown: Overview) -> Iterator[Content]:
    """Yield every list of every screen."""
    yield session_view(canvas, shown, 0)
    yield history_view(canvas, shown, 3)
    yield fields_view(canvas, shown)
    yield fields_view(canvas, shown, "model")
    for index in range(len(subjects(shown))):
        for view in View:
            for unbroken in (False, True):
                selection = Selection(index, view, same=unbroken, unbroken=unbroken)
                yield outgoing_view(canvas, shown, selection, last_sent(shown))


def explanations(canvas: Canvas, shown: Overview) -> Iterator[tuple[Line, ...]]:
    """Yield every explanation, whole."""
    live = shown.running[0] if shown.running else None
    for name in ("tokens a second", *(field.name for field in FIELDS)):
        yield figures_explained(canvas, live, name, expanded=True)
    for entry in shown.entries:
        yield explained(canvas, shown, entry, last_sent(shown), expanded=True)


@settings(max_examples=60, deadline=None)
@given(sizes, shown_overviews)
def test_no_line_is_longer_than_its_columns_and_a_list_that_cuts_something_is_full(
    size: tuple[int, int], name: str
) -> None:
    whole = canvas_of(size)
    canvas = whole.with_explanation()
    for content in contents(canvas, SHOWN[name]):
        heads, rows = [*map(plain, content.head)], [plain(row.line) for row in content.rows]
        for line in heads:
            assert len(line) < whole.width, line
            assert "…" not in line or len(line) == canvas.across.width - 1, line
        for line in rows:
            assert len(line) < canvas.width, line
        if any("…" in line for line in rows):
            assert max(map(len, rows)) == canvas.width - 1, "\n".join(rows)


@settings(max_examples=30, deadline=None)
@given(sizes, shown_overviews)
def test_an_explanation_is_whole_in_its_columns(size: tuple[int, int], name: str) -> None:
    canvas = canvas_of(size).with_explanation().explanation
    for lines in explanations(canvas, SHOWN[name]):
        for line in map(plain, lines):
            assert len(line) < max(canvas.width, 40), line
            assert "…" not in line or canvas.width < 40, line


@given(st.integers(0, 300), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 120)), max_size=4))
def test_columns_have_what_they_need_as_far_as_the_room_goes(room: int, columns: list[tuple[int, int]]) -> None:
    least, wanted = [small for small, _ in columns], [large for _, large in columns]
    made = column_widths(room, least, wanted)
    assert all(small <= width <= max(small, large) for small, width, large in zip(least, made, wanted, strict=True))
    assert sum(made) <= max(room, sum(least))
    if sum(made) < room:
        assert all(width >= large for width, large in zip(made, wanted, strict=True))


@given(sizes)
def test_list_and_explanation_share_a_wide_terminal_and_text_goes_on_for_a_hundred_columns_at_most(
    size: tuple[int, int],
) -> None:
    canvas = canvas_of(size)
    made = canvas.with_explanation()
    assert made.across == canvas
    assert (made.beside > 0) is (canvas.width >= WIDE)
    if made.beside:
        assert made.width >= LIST
        assert made.explanation.width == made.beside - made.gap >= 60
    assert made.right <= min(made.width, MEASURE) - 1


@given(sizes, st.integers(0, 40), st.integers(0, 40), st.integers(1, 40))
def test_what_has_no_row_beside_the_list_is_announced(
    size: tuple[int, int], listed: int, told: int, height: int
) -> None:
    canvas = canvas_of((size[0] + WIDE, size[1])).with_explanation()
    (word,) = [plain(row.line) for row in fields_view(canvas, SHOWN["idle"]).rows if row.key == "prompts"]
    (row,) = [row for row in fields_view(canvas, SHOWN["idle"]).rows if row.key == "prompts"]
    made = side_by_side(canvas, [row.line] * min(listed, height), [row.line[:1]] * told, height)
    assert len(made) == min(max(listed, told), height)
    assert all(plain(line).startswith(word) for line in made[: min(listed, height)])
    assert any(f"{told - height + 1} more lines" in plain(line) for line in made) is (told > height)


@given(st.integers(40, 240), shown_overviews, st.sampled_from([tab.mode for tab in TABS]))
def test_the_consent_stands_in_words_beside_the_tabs(width: int, name: str, mode: str) -> None:
    first, _ = top(canvas_of((width, 24)), SHOWN[name], mode)
    word = plain(tuple(consent(canvas_of((width, 24)), effective_consent(SHOWN[name]))))
    assert word in plain(first)
    assert len(plain(first)) < width
    assert all(f" {number}" in plain(first) for number in "1234")


@given(sizes, st.sampled_from(["Release all", "Open", "Search: model"]))
def test_every_key_stands_in_the_bottom_row(size: tuple[int, int], label: str) -> None:
    own = [Button(key, label, "") for key in "rtdy"]
    labels = ("Consent", "Export", "Leak scan", "Keys", "Quit") if canvas_of(size).labelled else ("",) * 5
    common = [Button(key, word, "") for key, word in zip("cxv?q", labels, strict=True)]
    left, right = fit_buttons(canvas_of(size), own, common)
    assert [each.key for each in (*left, *right)] == [*"rtdycxv?q"]
    assert buttons_width([*left, *right]) + GAP <= size[0]


async def test_the_bytes_of_a_receipt_stand_beside_the_list_from_140_columns_on(tmp_path: Path) -> None:
    app = opened.still(tmp_path, overviews.busy())
    newest, second = [each for each in overviews.busy().entries if isinstance(each, Departure)][:2]
    async with app.run_test(size=(140, 60)) as pilot:
        await opened.press(pilot, "3")
        rows = opened.text(app).splitlines()
        beside = [row[LIST:] for row in rows if len(row) > LIST]
        joined = "".join(row.split(maxsplit=1)[1] for row in beside if '"' in row)
        assert joined.encode() == newest.body
        assert newest.sha256[:32] in "\n".join(beside)
        assert newest.sha256[32:] in "\n".join(beside)
        await opened.press(pilot, "j")
        assert f"{second.length:,} bytes" in opened.text(app).partition("POST")[2]
        await pilot.resize_terminal(139, 60)
        await opened.settled(pilot)
        assert '"session_id"' not in opened.text(app)


@pytest.mark.parametrize(("width", "beside"), [(140, True), (139, False)])
async def test_a_field_is_explained_beside_the_list_and_a_click_there_moves_no_mark(
    tmp_path: Path, width: int, beside: bool
) -> None:
    app = opened.still(tmp_path, overviews.busy())
    async with app.run_test(size=(width, 30)) as pilot:
        await opened.press(pilot, "4")
        rows = opened.text(app).splitlines()
        at = next(index for index, row in enumerate(rows) if "Source: " in row) if beside else None
        assert any("Source: " in row for row in rows) is beside
        mark = marked(app)
        await pilot.click(offset=(width - 5, (at or 0) + 3))
        await opened.settled(pilot)
        assert marked(app) == mark or not beside
        await opened.press(pilot, "enter")
        assert "Reduced to: " in opened.text(app)


@pytest.mark.parametrize("width", range(60, 68))
def test_what_leaves_and_what_stays_is_headed_in_words_that_fit(width: int) -> None:
    rows = [plain(row.line) for row in session_view(canvas_of((width, 30)), overviews.busy(), 0).rows]
    assert rows[0].endswith(("as the report would say", "in the report", "reported"))
    assert next(row for row in rows if "tokens a second" in row).endswith(("· unsent", "· not sent"))


@pytest.mark.parametrize("width", [40, 60, 65, 66, 80])
def test_a_command_to_copy_is_whole(width: int) -> None:
    rows = [plain(row.line).strip() for row in session_view(canvas_of((width, 16)), overviews.idle(), 0).rows]
    assert "shimmy serve --upstream http://127.0.0.1:11434" in " ".join(rows)


def test_requests_a_minute_take_the_rows_that_are_free() -> None:
    def plotted(height: int) -> list[str]:
        rows = [plain(row.line) for row in session_view(canvas_of((100, height)), overviews.busy(), 0).rows]
        return [row for row in rows if any(sign in row for sign in UNICODE.sparkline)]

    assert [len(plotted(height)) for height in (24, 27, 28, 29, 30, 60)] == [1, 1, 3, 4, 5, 8]
    top, *rest = plotted(60)
    assert top.count("█") == 2  # the two minutes with the most
    assert "peak 6 a minute" in top
    assert " " not in rest[-1].strip()  # no minute is left out, also without a request
