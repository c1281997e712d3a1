"""What the pages say: pure functions from what there is to lines."""

import re
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from shimmy_metrics.app.screens.consent.answers import choices_now
from shimmy_metrics.app.screens.consent.example import Example
from shimmy_metrics.app.screens.consent.view import before
from shimmy_metrics.app.screens.fields.view import fields_view
from shimmy_metrics.app.screens.outgoing.view import outgoing_view
from shimmy_metrics.app.screens.outgoing.view import shown as outgoing_shown
from shimmy_metrics.app.screens.report.baseline import Baseline, last_sent
from shimmy_metrics.app.screens.report.changes import since
from shimmy_metrics.app.screens.report.view import Selection, View, measured, view_names
from shimmy_metrics.app.screens.report.wire import raw, wire
from shimmy_metrics.app.screens.session.view import session_view
from shimmy_metrics.app.terminal.glyphs import ASCII, UNICODE, glyphs_for
from shimmy_metrics.app.terminal.themes import DARK, LIGHT, PLAIN, THEMES
from shimmy_metrics.app.ui.frame import top
from shimmy_metrics.app.ui.layout import Canvas, Content, Row, scroll_to, step_to
from shimmy_metrics.app.ui.text import Line, Role, Span, at, marked, note, placed, shown, to
from shimmy_metrics.consent.answer import Answer
from shimmy_metrics.report.field import Group
from shimmy_metrics.report.fields import FIELDS, grouped, in_screen_order
from shimmy_metrics.system.environment import Environment
from shimmy_metrics.wording.receiver import UNREACHABLE
from shimmy_metrics.wording.values import values
from support import opened, overviews, samples
from support.contrast import LEAST, contrast
from support.reading import unwrapped, verbatim


def canvas(width: int = 80, height: int = 24) -> Canvas:
    return Canvas(width, height, UNICODE, samples.NOW)


def plain(line: Line) -> str:
    return "".join(span.text for span in line)


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_the_lines_of_the_wire_joined_are_the_body(width: int) -> None:
    shown_overview = overviews.busy()
    base = last_sent(shown_overview)
    for report in (*shown_overview.outbox, shown_overview.example):
        assert verbatim(wire(canvas(width), base, report.body)).encode() == report.body


def test_the_offsets_of_the_wire_are_those_of_the_bytes() -> None:
    body = overviews.busy().outbox[0].body
    for row in wire(canvas(), None, body):
        text = verbatim((row,)).encode()
        offset = int(plain(row.line).split()[0])
        assert body[offset : offset + len(text)] == text


def test_the_raw_rows_joined_are_the_body() -> None:
    body = overviews.busy().outbox[0].body
    assert "".join(plain(row.line)[8:] for row in raw(canvas(), body)).encode() == body


def test_every_field_stands_in_one_group() -> None:
    assert [group for group, fields in grouped() if fields] == [*Group]
    assert sorted(field.name for field in in_screen_order()) == sorted(field.name for field in FIELDS)
    for group, fields in grouped():
        ranks = [field.on_screen[1] for field in fields]
        assert ranks == sorted(ranks)
        assert {field.on_screen[0] for field in fields} == {group}


@pytest.mark.parametrize("width", [40, 60, 80])
def test_without_a_base_one_sentence_says_that_all_is_new_and_every_field_stands_with_its_value(width: int) -> None:
    shown_overview = overviews.idle()
    assert last_sent(shown_overview) is None
    content = outgoing_view(canvas(width), shown_overview, Selection(), None)
    assert all(len(plain(line)) < width for line in content.head)
    told = unwrapped("\n".join(plain(line) for line in content.head))
    assert "taken" in told
    assert "everything is new" in told
    assert [row.key for row in content.rows] == [field.name for field in in_screen_order()]
    sent = values(shown_overview.example.body)
    for row in content.rows:
        name, value = plain(row.line).split(maxsplit=1)
        assert name == row.key
        assert sent[name].startswith(value.rstrip("…"))


def test_what_is_withdrawn_is_said_in_numbers() -> None:
    told = {choice.answer: choice.consequence for choice in choices_now(overviews.busy())}
    assert told[Answer.DECLINE] == "stops now, deletes 2 reports, 47 requests; 3 receipts stay"
    assert told[Answer.ONLY_FOR_ME] == "nothing more is sent, 2 reports stay here for you"


def test_each_of_the_five_answers_has_its_letter_and_its_consequence() -> None:
    answers = choices_now(overviews.undecided())
    assert [canvas().keys.of(answer.name) for answer in answers] == ["e", "t", "o", "n", "a"]
    assert all(answer.consequence for answer in answers)


@pytest.mark.parametrize(
    ("width", "shown"),
    [(15, " tokens → 2400"), (14, " tokens → 24…"), (10, " tokens …"), (3, " …"), (2, " "), (1, "")],
)
def test_a_line_that_does_not_fit_ends_in_an_ellipsis(width: int, shown: str) -> None:
    assert plain(placed(width, at(1, "tokens"), at(8, "→ 2400   "))).rstrip(" ") == shown.rstrip(" ")
    assert len(plain(placed(width, at(1, "tokens"), at(8, "→ 2400   ")))) < width


def test_a_cell_covers_no_other_and_a_note_gives_way() -> None:
    assert plain(placed(20, at(1, "abcdef"), to(6, "123"))) == " abcdef 123"
    assert plain(placed(13, at(1, "abcdef"), to(12, "note"))) == " abcdef note"
    assert plain(placed(11, at(1, "abcdef"), to(10, "note", note=True))) == " abcdef"
    assert plain(placed(11, at(1, "abcdef"), note(8, "note"))) == " abcdef"


def test_the_mark_takes_column_0_and_the_name_the_accent() -> None:
    line = marked(placed(20, at(3, Span("name", Role.NAME))), UNICODE)
    assert plain(line) == "›  name"
    assert line[-1].role is Role.MARKED


def test_values_are_neither_markup_nor_control_characters() -> None:
    assert shown("[red]x\x1b[31m", UNICODE) == "[red]x?[31m"
    assert shown("a\u202eb\ufe0f日", UNICODE) == "a?b??"
    assert shown("a → b · c…", ASCII) == "a > b - c~"


def test_moving_scrolls_no_more_than_it_has_to() -> None:
    content = Content((), tuple(Row((Span(str(index)),), str(index)) for index in range(30)))
    assert step_to(content, "3", 1) == "4"
    assert step_to(content, "29", 5) == "29"
    assert scroll_to(content, "4", 0, 10) == 0
    assert scroll_to(content, "12", 0, 10) == 3
    assert scroll_to(content, "5", 20, 10) == 5
    assert scroll_to(content, "29", 0, 10) == 20


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "de_DE.UTF-8", "TERM": "xterm-256color"}, UNICODE),
        ({"LANG": "C.utf8", "TERM": "tmux-256color"}, UNICODE),
        ({"LANG": "C.UTF-8", "TERM": "linux"}, ASCII),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C", "TERM": "xterm"}, ASCII),
        ({"TERM": "xterm-256color"}, ASCII),
        ({"LANG": "POSIX", "TERM": "xterm-256color"}, ASCII),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "de_DE.ISO-8859-1", "TERM": "xterm"}, ASCII),
        ({"LANG": "C.UTF-8", "TERM": "xterm", "SHIMMY_TUI_GLYPHS": "ascii"}, ASCII),
        ({"LANG": "C", "TERM": "linux", "SHIMMY_TUI_GLYPHS": "unicode"}, UNICODE),
        ({"LANG": "C.UTF-8", "TERM": "xterm", "SHIMMY_TUI_GLYPHS": "none"}, UNICODE),
    ],
)
def test_signs_are_those_that_the_terminal_shows(variables: dict[str, str], expected: object) -> None:
    assert glyphs_for(Environment(variables)) == expected


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_every_word_has_the_contrast_that_reading_needs(theme: Theme) -> None:
    assert theme.foreground is not None
    assert theme.background is not None
    ground = Color.parse(theme.background).rgb
    for name, colour in {**theme.variables, "text": theme.foreground}.items():
        if name != "rule":  # a rule is no word
            assert contrast(Color.parse(colour).rgb, ground) >= LEAST, name


def test_with_sixteen_colours_words_have_the_terminals_own() -> None:
    for theme in THEMES[2:]:
        assert {theme.variables[name] for name in ("muted", "strong", "changed")} == {"ansi_default"}
    assert PLAIN.variables["mark"] == "ansi_default"


def test_what_is_off_promises_no_measuring() -> None:
    for found in (overviews.switched_off(), overviews.declined(), overviews.undecided()):
        content = session_view(canvas(), found, 0)
        assert not any("by itself" in plain(row.line) for row in content.rows)


def test_every_screen_names_the_switch_that_is_in_force_where_there_is_room() -> None:
    for mode in ("session", "outgoing", "history", "fields"):
        assert "DO_NOT_TRACK" in plain(top(canvas(), overviews.switched_off(), mode)[0])


def test_agreeing_again_is_offered_only_where_that_helps() -> None:
    assert choices_now(overviews.switched_off())[0].label == "Keep on"


def test_a_value_that_is_cut_says_so() -> None:
    report = overviews.busy().outbox[0]
    rows = {row.key: plain(row.line) for row in measured(canvas(), report.body, report.measured)}
    assert rows["api_endpoints_used"].endswith("/…")
    listed = {row.key: plain(row.line) for row in fields_view(canvas(), overviews.busy()).rows}
    assert "/…" in listed["api_endpoints_used"] or "…  " in listed["api_endpoints_used"]


def test_another_receiver_than_shimmy_s_is_named_before_the_answer() -> None:
    asked = overviews.undecided()
    elsewhere = asked._replace(consent=asked.consent._replace(endpoint="https://metrics.example.org/v1/usage"))
    told = "\n".join(plain(each) for each in before(canvas(), elsewhere))
    assert "https://metrics.example.org/v1/usage" in told
    assert "It is not Shimmy's" in told
    assert "Kuykendall" not in told
    assert "Kuykendall" in "\n".join(plain(each) for each in before(canvas(), asked))


@pytest.mark.parametrize(
    ("width", "beside"),
    [
        (120, "h/l other view compared with the report of 23 Nov, 14:32"),
        (80, "h/l since 23 Nov"),
        (59, "since 23 Nov"),
        (40, ""),
    ],
)
def test_what_the_bytes_are_compared_with_is_said_as_fully_as_there_is_room(width: int, beside: str) -> None:
    base = Baseline(samples.NOW, b"")
    row = plain(view_names(canvas(width), View.WIRE, base, base))
    assert " ".join(row.partition("ire")[2].split()) == beside
    assert len(row) < width
    assert "compared" not in plain(view_names(canvas(120), View.SINCE, base, base, together=True))


@pytest.mark.parametrize("width", [40, 80, 120])
def test_what_a_report_is_compared_with_is_said_in_one_wording(width: int) -> None:
    found = overviews.busy()
    head = outgoing_view(canvas(width), found, Selection(), last_sent(found)).head
    assert "Compared with the report of 22 Nov, 11:28:" in unwrapped("\n".join(map(plain, head)))


def test_with_nothing_to_come_the_last_two_that_were_sent_are_compared() -> None:
    found = overviews.busy()._replace(outbox=(), running=())
    sent = overviews.reported(overviews.named(3, overviews.EARLIER, 1)).body
    subject, base, _ = outgoing_shown(found, Selection())
    assert (subject.body, base and base.sent.day) == (sent, 21)
    head = outgoing_view(canvas(80), found, Selection(), base).head
    told = unwrapped("\n".join(map(plain, head)))
    assert "Nothing is waiting or measured. The last report that was sent:" in told
    assert "Compared with the report of 21 Nov, 11:29:" in told
    assert "This machine's facts" not in told
    for view in (View.MEASURED, View.WIRE):
        assert outgoing_shown(found, Selection(view=view)).subject.body == found.example.body
    assert outgoing_shown(found._replace(entries=found.entries[-1:]), Selection()).base is None


@pytest.mark.parametrize(
    ("before", "after", "said"), [(b"[]", b'["other"]', "+ other"), (b'["other"]', b"[]", "- other")]
)
def test_an_empty_list_is_no_value_that_was_added_or_gone(before: bytes, after: bytes, said: str) -> None:
    body = overviews.busy().outbox[0].body
    held = re.search(rb'"api_endpoints_used":(\[.*?\])', body)
    assert held is not None
    old, new = (body.replace(held[1], each) for each in (before, after))
    rows = since(canvas(), Baseline(samples.NOW, old), new, same=False)
    row = next(each for each in rows if each.key == "api_endpoints_used")
    assert plain(row.line).split("used")[1].strip() == said


def test_what_would_be_sent_says_what_happens_when_the_receiver_cannot_be_reached(tmp_path: Path) -> None:
    host = opened.still(tmp_path, overviews.undecided())
    example = Example(host)
    for width in (40, 80):
        rows = [plain(row.line) for row in example.content(canvas(width)).rows]
        assert UNREACHABLE in unwrapped("\n".join(rows))
