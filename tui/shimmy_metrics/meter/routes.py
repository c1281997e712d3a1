"""A request's path, as one of Shimmy's route templates or `other`. A name in a path never gets further than here."""

from typing import Final

from shimmy_metrics.vocabulary import OTHER, ROUTES, UNCOUNTED_ROUTES

_PLAIN: Final[dict[bytes, str | None]] = {
    **{route.encode(): route for route in ROUTES if ":name" not in route},
    **{route.encode(): None for route in UNCOUNTED_ROUTES},
}
_NAMED: Final = tuple(
    (prefix.encode(), suffix.encode(), route)
    for route in ROUTES
    for prefix, found, suffix in [route.partition(":name")]
    if found
)

GENERATING: Final = frozenset({"/api/generate", "/v1/chat/completions", "/v1/completions", "/v1/messages"})
"""Routes whose answer holds generated content even where it cannot be read."""


def route_of(target: bytes) -> str | None:
    """Return the template of a request's target, `other` for an unknown one, None for one that does not count."""
    path = target.partition(b"?")[0]
    if not path.startswith(b"/"):
        # The absolute form, `http://host/path`, as to a proxy (RFC 9112, section 3.2.2).
        path = b"/" + path.partition(b"://")[2].partition(b"/")[2]
    if path in _PLAIN:
        return _PLAIN[path]
    for prefix, suffix, route in _NAMED:
        if path.startswith(prefix) and path.endswith(suffix):
            name = path[len(prefix) : len(path) - len(suffix)]
            if name and b"/" not in name:
                return route
    return OTHER
