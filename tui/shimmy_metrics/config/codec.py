"""Parse the config file's text into a decision, and render it back. Pure.

Two forms are read: ours, with the `metrics` object, and the flat one that Shimmy's own source writes. A flat no is a
no; a flat yes is undecided, since Enter and end of input meant yes there. Where the two differ the no wins. Foreign
keys survive a write unchanged at every level, including repeated keys and the digits of numbers. An invalid value of a
key of ours makes the whole file invalid: a typo must not cause sending.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from shimmy_metrics.consent.endpoint import ENDPOINT, same_endpoint
from shimmy_metrics.consent.state import Consent, Decision, Delivery
from shimmy_metrics.errors import UserError

_REMEDY: Final = "Metrics are off until it is mended; correct the file, or delete it, which withdraws and asks anew"


_FLAT: Final = ("enabled", "session_id", "last_updated")
_OURS: Final = (*_FLAT, "schema_version", "schema_refused", "endpoint", "delivery", "local", "keys", "theme")
THEMES: Final = ("dark", "light", "ansi", "plain")
"""What `theme` names: the colours of the app."""

_LONG: Final = 18
"""A whole number with more digits is not ours, and is kept as text."""

_FORMS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "schema_version": (lambda value: value is None or (type(value) is int and value > 0), "no version"),
    "endpoint": (lambda value: value is None or isinstance(value, str), "no address"),
    "local": (lambda value: value is None or isinstance(value, bool), "neither true nor false"),
}
"""What the optional keys may hold."""


class Document(NamedTuple):
    """A config file's whole content, ours and foreign, with the decision that it amounts to.

    `distrust` says why a yes in it does not count (others may have written the file); empty otherwise.
    """

    data: dict[str, Any]
    decision: Decision
    distrust: str = ""


def parse(text: bytes, where: str) -> Document:
    """Parse a config file's bytes. An empty file holds no decision.

    Raises `UserError`, with `where`, the line and the remedy, for text that is not a JSON object, or in which a key of
    ours has an invalid value.
    """
    if not text.strip():
        return Document({}, Decision())
    try:
        data = json.loads(
            text.decode("utf-8-sig"), object_pairs_hook=_object, parse_float=_Number, parse_int=_parse_int
        )
    except json.JSONDecodeError as error:
        what = error.msg.lower().removesuffix(" at").removesuffix(" starting")  # what follows there is the position
        raise UserError(f"no valid JSON: {what}", where=f"{where}:{error.lineno}", remedy=_REMEDY) from None
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        raise UserError("no valid JSON: bytes that are not UTF-8", where=f"{where}:{line}", remedy=_REMEDY) from None
    except RecursionError:
        raise UserError("nested too deeply", where=where, remedy=_REMEDY) from None
    if not isinstance(data, dict):
        raise UserError("no JSON object", where=f"{where}:1", remedy=_REMEDY)
    metrics = data.get("metrics")
    if metrics is not None and not isinstance(metrics, dict):
        raise UserError('"metrics" is no object', where=_line(text, where, "metrics"), remedy=_REMEDY)
    # Which of two answers counts must not depend on the parser.
    for place, names in ((data, ("metrics", *_FLAT)), (metrics or {}, _OURS)):
        twice = next((name for name in names if isinstance(place, _Repeating) and place.times[name] > 1), None)
        if twice:
            raise UserError(f'the key "{twice}" stands there twice', where=where, remedy=_REMEDY)
    for place in (data, metrics or {}):
        if not isinstance(place.get("enabled", False), bool):
            what = '"enabled" is neither true nor false'
            raise UserError(what, where=_line(text, where, "enabled"), remedy=_REMEDY)
    for key, (holds, what) in _FORMS.items():
        if metrics and not holds(metrics.get(key)):
            raise UserError(f'"{key}" is {what}', where=_line(text, where, key), remedy=_REMEDY)
    return Document(data, _decision(data, metrics or {}))


def render(document: Document, decision: Decision) -> bytes:
    """Return the file's new text: the document with `decision` in it and every foreign key unchanged.

    Raises `UserError` for a document that is nested too deeply to be written.
    """
    from copy import copy  # only for a write

    data = copy(document.data)
    old = data.get("metrics")
    metrics = copy(old) if isinstance(old, dict) else {}
    yes = decision.consent is Consent.GRANTED
    named = {"enabled": yes, "session_id": decision.consent_id, "last_updated": decision.changed}
    metrics.update(named)
    _set_if(metrics, "schema_version", decision.schema_version, wanted=yes or "schema_version" in metrics)
    _set_if(metrics, "schema_refused", decision.refused, wanted=decision.refused > 0)
    _set_if(metrics, "endpoint", decision.endpoint, wanted=not same_endpoint(decision.endpoint, ENDPOINT))
    _set_if(metrics, "delivery", decision.delivery.value, wanted=decision.delivery is not Delivery.AUTOMATIC)
    _set_if(metrics, "local", value=True, wanted=decision.local)
    for key, value in named.items():
        if key in data:
            data[key] = value
    data["metrics"] = metrics
    try:
        return f"{_written(data)}\n".encode("utf-8", "surrogatepass")
    except RecursionError:
        raise UserError("the config is nested too deeply", remedy="Nothing was changed; correct it") from None


def ours(document: Document) -> dict[str, Any]:
    """Return our keys alone, in the `metrics` object and at the top level, for `export`."""
    metrics = document.data.get("metrics")
    part: dict[str, Any] = {key: document.data[key] for key in _FLAT if key in document.data}
    if isinstance(metrics, dict):
        part["metrics"] = {key: metrics[key] for key in _OURS if key in metrics}
    return part


def foreign(document: Document) -> list[str]:
    """Return the foreign keys of both levels as lines of JSON; empty without any."""
    data = {key: value for key, value in document.data.items() if key not in (*_FLAT, "metrics")}
    metrics = document.data.get("metrics")
    inner = {key: value for key, value in metrics.items() if key not in _OURS} if isinstance(metrics, dict) else {}
    if inner:
        data["metrics"] = inner
    return _written(data).split("\n") if data else []


def keys(document: Document) -> object:
    """Return the value of `keys`, the person's own keys for the app, unchecked; an empty object without one."""
    own = _of_the_app(document, "keys")
    return {} if own is None else own


def theme(document: Document) -> object:
    """Return the value of `theme`, the person's choice of colours for the app, unchecked; None without one."""
    return _of_the_app(document, "theme")


def _of_the_app(document: Document, key: str) -> object:
    metrics = document.data.get("metrics")
    return metrics.get(key) if isinstance(metrics, dict) else None


def _decision(data: dict[str, Any], metrics: dict[str, Any]) -> Decision:
    endpoint = metrics.get("endpoint")
    local = metrics.get("local") is True
    answers = [place["enabled"] for place in (data, metrics) if "enabled" in place]
    if False in answers or (True in answers and local):
        consent = Consent.DECLINED
    elif metrics.get("enabled") is True:
        consent = Consent.GRANTED
    else:
        consent = Consent.UNDECIDED
    changed = _text(metrics.get("last_updated", data.get("last_updated")))
    consent_id = _text(metrics.get("session_id", data.get("session_id")))
    if not consent_id and consent is Consent.GRANTED:
        consent_id = _name_by_content(endpoint or ENDPOINT, changed)
    return Decision(
        consent=consent,
        local=local and consent is Consent.DECLINED,
        consent_id=consent_id,
        changed=changed,
        schema_version=_positive(metrics.get("schema_version"), 1),
        refused=_positive(metrics.get("schema_refused"), 0),
        endpoint=ENDPOINT if endpoint is None else endpoint,
        # Any other word than "automatic" holds reports back: a typo must not cause sending.
        delivery=Delivery.AUTOMATIC if metrics.get("delivery", "automatic") == "automatic" else Delivery.REVIEW,
    )


def _name_by_content(endpoint: str, changed: str) -> str:
    """Return a name for a yes that was written by hand without one: the same for the same yes."""
    import uuid  # rarely needed: what we write has a name

    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{endpoint} {changed}"))


def _set_if(metrics: dict[str, Any], key: str, value: object, *, wanted: bool) -> None:
    if wanted:
        metrics[key] = value
    else:
        metrics.pop(key, None)


def _positive(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else otherwise


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _line(text: bytes, where: str, key: str) -> str:
    before, found, _ = text.partition(f'"{key}"'.encode())
    line = before.count(b"\n") + 1
    return f"{where}:{line}" if found else where


class _Number(float):
    """A number that is written back as it was read: `1.10`, `1e999`."""

    def __init__(self, text: str) -> None:
        self.text = text


def _parse_int(text: str) -> int | _Number:
    return _Number(text) if len(text) > _LONG or text == "-0" else int(text)


class _Repeating(dict[str, Any]):
    """An object with repeated keys: as a dictionary it has the last of each, `pairs` has all."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs
        self.times = Counter(key for key, _ in pairs)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else _Repeating(pairs)


def _members(place: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the members of an object as it is now, repeated keys included."""
    if not isinstance(place, _Repeating):
        yield from place.items()
        return
    for key, value in place.pairs:
        if place.times[key] > 1:
            yield key, value
        elif key in place:
            yield key, place[key]
    yield from ((key, value) for key, value in place.items() if key not in place.times)


def _written(value: object, indent: str = "") -> str:
    """Return a value as indented JSON."""
    inner = f"{indent}  "
    if isinstance(value, _Number):
        return value.text
    if isinstance(value, dict) and value:
        lines = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {_written(each, inner)}" for key, each in _members(value)
        ]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"{inner}{_written(each, inner)}" for each in value) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)
