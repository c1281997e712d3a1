"""Text attributes as SGR parameters, and the shortest sequence from some to others. Pure."""

from functools import lru_cache
from typing import Final, NamedTuple

RESET: Final = "\x1b[m"


class Attributes(NamedTuple):
    """What SGR can set, each as the parameters that set it; empty is the terminal's default."""

    weight: str = ""
    italic: str = ""
    underline: str = ""
    blink: str = ""
    reverse: str = ""
    conceal: str = ""
    strike: str = ""
    foreground: str = ""
    background: str = ""
    underline_colour: str = ""
    other: str = ""


PLAIN: Final = Attributes()

_OFF: Final = {
    "weight": "22",
    "italic": "23",
    "underline": "24",
    "blink": "25",
    "reverse": "27",
    "conceal": "28",
    "strike": "29",
    "foreground": "39",
    "background": "49",
    "underline_colour": "59",
}
_ON: Final = {
    "1": "weight",
    "2": "weight",
    "3": "italic",
    "4": "underline",
    "21": "underline",
    "5": "blink",
    "6": "blink",
    "7": "reverse",
    "8": "conceal",
    "9": "strike",
}
_OFF_NAMES: Final = {code: name for name, code in _OFF.items()}
_COLOURS: Final = {"38": "foreground", "48": "background", "58": "underline_colour"}
_DOUBLE_UNDERLINE: Final = "21"
"""Double underline; on the Linux console, bold off. So around it everything is reset, nothing turned off singly."""


@lru_cache(4096)
def apply_sgr(before: Attributes, parameters: str) -> Attributes:
    """Return the attributes that an SGR sequence with these parameters leaves."""
    values = {name: value for name, value in zip(Attributes._fields, before, strict=True) if value}
    codes = [code.lstrip("0") or "0" for code in parameters.split(";")]
    index = 0
    while index < len(codes):
        code = codes[index]
        length = 1
        head, _, rest = code.partition(":")
        if code == "0":
            values.clear()
        elif code in _ON:
            name = _ON[code]
            # Bold and faint can be on together, and 22 turns both off.
            both = name == "weight" and values.get(name, code) != code
            values[name] = "1;2" if both else code
        elif code in _OFF_NAMES:
            values.pop(_OFF_NAMES[code], None)
        elif code == "4:0":
            values.pop("underline", None)
        elif rest and head == "4":
            values["underline"] = code
        elif head in _COLOURS:
            if not rest:
                length = {"5": 3, "2": 5}.get(codes[index + 1] if index + 1 < len(codes) else "", 1)
            values[_COLOURS[head]] = ";".join(codes[index : index + length])
        elif _plain_colour(code, "3", "9"):
            values["foreground"] = code
        elif _plain_colour(code, "4", "10"):
            values["background"] = code
        else:
            values["other"] = ";".join(filter(None, (values.get("other", ""), code)))
        index += length
    return Attributes(**values)


@lru_cache(8192)
def transition(before: Attributes, after: Attributes, *, resets: bool = False) -> str:
    """Return the shortest SGR sequence that turns `before` into `after`; empty if they are equal.

    `resets`: the terminal cannot turn attributes off singly, only all at once.
    """
    if before == after:
        return ""
    set_after = [value for value in after if value]
    from_reset = f"\x1b[{';'.join(['', *set_after])}m"
    if before.other or _DOUBLE_UNDERLINE in {before.underline, after.underline}:
        return from_reset
    steps: list[str] = []
    for name, old, new in zip(Attributes._fields, before, after, strict=True):
        if old == new:
            continue
        # Bold after faint would leave both on.
        if (name == "weight" and old and new) or (resets and not new):
            return from_reset
        steps.append(new or _OFF[name])
    changed = f"\x1b[{';'.join(steps)}m"
    return changed if len(changed) <= len(from_reset) else from_reset


def _plain_colour(code: str, normal: str, bright: str) -> bool:
    return any(code.startswith(head) and code[len(head) :] in set("01234567") for head in (normal, bright))
