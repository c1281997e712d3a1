"""Every key, with an id (for remapping) and the sentence that the page of keys shows. One meaning each.

Each thing that Esc or Ctrl does has a letter too: some links mangle Esc, and none should be needed.
"""

from typing import Final

from textual.binding import Binding


def _key(keys: str, action: str, description: str, name: str, *, priority: bool = False) -> Binding:
    return Binding(keys, action, description, show=False, id=name, priority=priority)


EVERYWHERE: Final = [
    _key("1", "go('session')", "Session: what is measured", "app.session"),
    _key("2", "go('outgoing')", "Outgoing: what is sent", "app.outgoing"),
    _key("3", "go('history')", "History: what was sent", "app.history"),
    _key("4", "go('fields')", "Fields: what there is", "app.fields"),
    _key("c", "go('consent')", "consent", "app.consent"),
    _key("x", "export", "export", "app.export"),
    _key("v", "validate", "validate what is held", "app.validate"),
    _key("question_mark", "keys", "these keys", "app.keys"),
    _key("colon,ctrl+p", "command_palette", "any action, by its name", "app.actions"),
    _key("R,ctrl+l", "redraw", "draw the screen again", "app.redraw"),
    _key("q,escape", "back", "back; on a screen, quit", "app.back"),
    _key("ctrl+z", "suspend_process", "to the shell; fg: back", "app.suspend"),
    _key("ctrl+c,ctrl+q", "quit", "quit", "app.quit", priority=True),
]

PAGE: Final = [
    _key("j,down", "step(1)", "next line", "page.down"),
    _key("k,up", "step(-1)", "line before", "page.up"),
    _key("space,pagedown", "leaf(1)", "a page down", "page.leaf-down"),
    _key("b,pageup", "leaf(-1)", "a page up", "page.leaf-up"),
    _key("g,home", "ends(-1)", "first line", "page.first"),
    _key("G,end", "ends(1)", "last line", "page.last"),
    _key("enter", "explain", "open, or say more", "page.explain"),
    _key("tab", "app.focus_next", "the next button", "page.button-next"),
    _key("shift+tab", "app.focus_previous", "the button before", "page.button-before"),
]

BESIDE: Final = [
    _key("left_square_bracket", "beside(-1)", "report, session before", "page.before"),
    _key("right_square_bracket", "beside(1)", "report, session beside", "page.beside"),
]

LENSES: Final = [
    _key("h,left", "turn(-1)", "the lens before", "report.lens-before"),
    _key("l,right", "turn(1)", "the lens beside", "report.lens-beside"),
    _key("s", "same", "the same ones too", "report.same"),
    _key("w", "raw", "the bytes as they are", "report.raw"),
    _key("y", "copy", "copy, with a saved file", "report.copy"),
]

OUTBOX: Final = [
    _key("r", "release", "release this report", "outbox.release"),
    _key("d", "delete", "delete this report", "outbox.delete"),
]

RECEIPTS: Final = [_key("m", "base", "compare with this one", "history.base")]

SEARCH: Final = [_key("slash", "search", "search", "fields.search")]

CONSENT: Final = [
    _key("e", "answer('enable')", "enable", "consent.enable"),
    _key("o", "answer('only')", "only for me", "consent.only"),
    _key("n", "answer('decline')", "no thanks; withdraw", "consent.decline"),
    _key("a", "answer('later')", "ask me later", "consent.later"),
    _key("t", "answer('hold')", "hold reports, or send", "consent.hold"),
    _key("w", "wire", "what would be sent", "consent.wire"),
    _key("f", "fields", "every field, and why", "consent.fields"),
]

QUESTION: Final = [
    _key("y", "yes", "yes", "question.yes"),
    _key("n,q,escape", "no", "no", "question.no"),
]

EXPORT: Final = [
    *QUESTION,
    _key("p", "path", "another path", "export.path"),
    _key("b", "both", "save and copy", "export.both"),
]

NAMES: Final = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "escape": "Esc",
    "enter": "Enter",
    "home": "Home",
    "end": "End",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "space": "Space",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
}
"""How keys are called on screen where Textual's name is not what stands on the key."""


def called(key: str) -> str:
    """Return what stands on the key."""
    if key.startswith("ctrl+"):
        return f"Ctrl+{key[5:].upper()}"
    return NAMES.get(key, key)
