"""Every key, with an id (for remapping) and the description that the screen of keys shows. One meaning each.

Each thing that Esc or Ctrl does has a letter too: some links mangle Esc, and none should be needed. A person's own keys
(`keys` in the config's `metrics`) take the place of these, by id.

An id stays as it was first given, since configs hold it. So some are in older words than the sentence beside them:
`leaf` is a page, `lens` a view, `before` and `beside` are the previous and the next.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from textual.binding import Binding


def _key(keys: str, action: str, description: str, name: str, *, priority: bool = False) -> Binding:
    return Binding(keys, action, description, show=False, id=name, priority=priority)


EVERYWHERE: Final = [
    _key("1", "go('session')", "Session: what is measured", "app.session"),
    _key("2", "go('outgoing')", "Outgoing: what is sent", "app.outgoing"),
    _key("3", "go('history')", "History: what was sent", "app.history"),
    _key("4", "go('fields')", "Fields: what there is", "app.fields"),
    _key("c", "go('consent')", "consent: decide, withdraw", "app.consent"),
    _key("u", "over('usage')", "your own figures, in all", "app.usage"),
    _key("x", "export", "export what is kept here", "app.export"),
    _key("v", "validate", "check that nothing leaks", "app.validate"),
    _key("question_mark", "over('keys')", "every key", "app.keys"),
    _key("colon,ctrl+p", "over('actions')", "any action by name", "app.actions"),
    _key("R,ctrl+l", "redraw", "draw the screen again", "app.redraw"),
    _key("T", "switch_background", "light or dark", "app.theme"),
    _key("q,escape", "back", "back, or quit (not Esc)", "app.back"),
    _key("ctrl+z", "suspend_process", "to the shell; fg returns", "app.suspend"),
    _key("ctrl+c,ctrl+q", "quit", "quit", "app.quit", priority=True),
]

PAGE: Final = [
    _key("j,down", "step(1)", "next line", "page.down"),
    _key("k,up", "step(-1)", "previous line", "page.up"),
    _key("space,pagedown", "page(1)", "a page down", "page.leaf-down"),
    _key("b,pageup", "page(-1)", "a page up", "page.leaf-up"),
    _key("g,home", "edge(-1)", "first line", "page.first"),
    _key("G,end", "edge(1)", "last line", "page.last"),
    _key("enter", "explain", "open, or explain", "page.explain"),
    _key("tab", "button(1)", "the next button", "page.button-next"),
    _key("shift+tab", "button(-1)", "previous button", "page.button-before"),
]

NEIGHBOURS: Final = [
    _key("left_square_bracket", "neighbour(-1)", "previous report, session", "page.before"),
    _key("right_square_bracket", "neighbour(1)", "next report, session", "page.beside"),
]

PERIODS: Final = [
    _key("h,left", "turn(-1)", "previous view", "report.lens-before"),
    _key("l,right", "turn(1)", "next view", "report.lens-beside"),
]

KEPT: Final = [_key("d", "delete", "delete this session", "session.delete")]

VIEWS: Final = [
    *PERIODS,
    _key("s", "same", "show unchanged fields too", "report.same"),
    _key("w", "raw", "the request in one piece", "report.raw"),
    _key("y", "copy", "save to a file, and copy", "report.copy"),
    _key("m", "base", "", "report.base"),  # it only says where the choice is
]

OUTBOX: Final = [
    _key("r", "release", "release this report", "outbox.release"),
    _key("d", "delete", "delete this report", "outbox.delete"),
    _key("t", "hold", "hold this report", "outbox.hold"),
]

RECALL: Final = [_key("z", "recall", "recall from its receiver", "history.recall")]

RECEIPTS: Final = [
    _key("s", "save", "save receipts as proof", "history.save"),
    _key("m", "base", "compare others with this", "history.base"),
    *RECALL,
    _key("Z", "recall_all", "recall all that was sent", "history.recall-all"),
    _key("d", "delete", "delete all receipts", "history.delete"),
    _key("slash", "search", "", "history.search"),  # it only says where the search is
]

SEARCH: Final = [_key("slash", "search", "search the fields", "fields.search")]

CONSENT: Final = [
    _key("e", "answer('consent.enable')", "enable", "consent.enable"),
    _key("o", "answer('consent.only')", "only for me", "consent.only"),
    _key("n", "answer('consent.decline')", "no thanks, or withdraw", "consent.decline"),
    _key("a", "answer('consent.later')", "ask me later", "consent.later"),
    _key("t", "answer('consent.hold')", "hold reports, or send them", "consent.hold"),
    _key("w", "wire", "what would be sent", "consent.wire"),
    _key("f", "fields", "every field, and why", "consent.fields"),
    _key("i", "operator", "who runs this receiver", "consent.operator"),
    _key("d", "forget", "delete all but the config", "consent.forget"),
]

QUESTION: Final = [
    _key("y", "yes", "yes", "question.yes"),
    _key("n,q,escape", "no", "no", "question.no"),
    _key("space,pagedown", "more", "the rest of the question", "question.more"),
]

EXPORT: Final = [
    *QUESTION,
    _key("o", "other", "other days", "export.other"),
    _key("p", "path", "another path", "export.path"),
    _key("b", "both", "save and copy", "export.both"),
    _key("w", "look", "look at it first", "export.look"),
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
    "backspace": "Backspace",
}
"""What is printed on the key, where Textual's name differs."""


def called(key: str) -> str:
    """Return what is printed on the key."""
    if key.startswith("ctrl+"):
        return f"Ctrl+{key[5:].upper()}"
    return NAMES.get(key, key)


_TOGETHER: Final = (
    (*EVERYWHERE, *PAGE, *NEIGHBOURS, *VIEWS, *OUTBOX, *RECALL, *SEARCH),
    (*EVERYWHERE, *PAGE, *NEIGHBOURS, *KEPT),
    (*EVERYWHERE, *PAGE, *RECEIPTS),
    (*EVERYWHERE, *PAGE, *CONSENT),
    tuple(EXPORT),
)
"""What can be pressed at the same time, so that no two may share a key."""

_BY_NAME: Final = {binding.id or "": binding for group in _TOGETHER for binding in group}

_DECIDES: Final = ("consent.", "question.yes")
"""What only a letter may do: Enter, Tab or Esc would come by accident."""

_ASKING: Final = (
    "outbox.release",
    "outbox.delete",
    "history.save",
    "history.delete",
    "history.recall",
    "history.recall-all",
    "session.delete",
    "app.export",
    "consent.forget",
    *(binding.id or "" for binding in CONSENT if binding.action.startswith("answer(")),
)
"""What opens a question."""

_SAVING: Final = ("app.export", "history.save")

_ANSWERING: Final = {"question.yes": _ASKING, "export.both": _SAVING}
"""What takes a yes, and what opened its question: the key that confirms differs from the one that asked."""

_NEVER_TYPED: Final = r"ctrl\+[a-z0-9_]+|f[0-9]{1,2}"

_FORM: Final = r"[a-z0-9_]+(\+[a-z0-9_]+){0,2}|[!-~]"


class Button(NamedTuple):
    """What a button shows and does: the key that does the same, its label, the action.

    `short` is the label where there is less room, empty where only the whole one says what the key does.
    """

    key: str
    label: str
    action: str
    short: str = ""


class Keys(NamedTuple):
    """What is pressed for each action. `own` are the person's, by the binding's id, as Textual names keys."""

    own: Mapping[str, str] = MappingProxyType({})

    def of(self, name: str) -> str:
        """Return what is printed on the first key of the action with this id."""
        return called(self._bound(name).partition(",")[0])

    def button(self, name: str, label: str, short: str = "") -> Button:
        """Return the button of the action with this id, under the key that it has now."""
        namespace = "app" if name.startswith("app.") else "screen"
        return Button(self.of(name), label, f"{namespace}.{_BY_NAME[name].action}", short)

    def either(self, first: str, second: str, word: str = "/") -> str:
        """Return two actions' keys as a hint has them: `h/l`, or with a word between them."""
        return f"{self.of(first)}{word}{self.of(second)}"

    def shared(self) -> str:
        """Return the ids of two actions that would share a key, or empty."""
        for group in _TOGETHER:
            taken: dict[str, str] = {}
            for binding in group:
                name = binding.id or ""
                for key in self._bound(name).split(","):
                    if taken.setdefault(called(key), name) != name:
                        return f"{taken[called(key)]} and {name} would share {called(key)}"
        return ""

    def confirmed_by_itself(self) -> str:
        """Return the ids of an action that asks and of one that answers it under the same key, or empty."""
        for answering, asking in _ANSWERING.items():
            for name in asking:
                same = {*map(called, self._bound(name).split(","))} & {*map(called, self._bound(answering).split(","))}
                if same:
                    return f"{name} asks and {answering} answers, and both would be {min(same)}"
        return ""

    def _bound(self, name: str) -> str:
        return self.own.get(name) or _BY_NAME[name].key


def own_keys(wanted: object) -> tuple[Keys, str]:
    """Return a person's keys as the config has them, or those of this program and what is wrong with theirs."""
    if not isinstance(wanted, Mapping):
        return Keys(), "they are not an object of action ids and keys"
    for name, keys in wanted.items():
        listed = [key.strip() for key in keys.split(",")] if isinstance(keys, str) else []
        if name not in _BY_NAME:
            return Keys(), f"there is no action {name[:40]!a}"
        if not listed or not all(re.fullmatch(_FORM, key) for key in listed):
            return Keys(), f"{name} has no key"
        if name.startswith(_DECIDES) and not all(len(key) == 1 for key in listed):
            return Keys(), f"{name} needs a letter, because it decides something"
        if _BY_NAME[name].priority and not all(re.fullmatch(_NEVER_TYPED, key) for key in listed):
            return Keys(), f"{name} needs a ctrl key or an F key, because it works while you type a search"
    made = Keys({name: ",".join(key.strip() for key in str(keys).split(",")) for name, keys in wanted.items()})
    trouble = made.shared() or made.confirmed_by_itself()
    return (Keys(), trouble) if trouble else (made, "")


def asking(action: str) -> str:
    """Return the action for a button or a line of a list: there an answer is asked for once more."""
    return action.replace("answer(", "ask(")
