"""Map a request's path to a word of closed lists. A name in a path gets no further than this module."""

from typing import Final

from shimmy_metrics.vocabulary import OTHER, OTHER_PATHS, ROUTES, UNCOUNTED_ROUTES

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

_PLACES: Final = {path.encode(): path for path in OTHER_PATHS}

_GENERATES_NOTHING: Final = frozenset({
    b"embeddings", b"embedding", b"embed", b"rerank", b"reranking", b"score", b"classify", b"tokenize", b"detokenize",
    b"count_tokens", b"moderations", b"models", b"tags", b"show", b"ps", b"pull", b"load", b"unload", b"slots",
    b"props", b"apply-template", b"discover",
})  # fmt: skip
"""Last segments of paths that generate nothing, on any server. Every other POST may generate."""


def route_of(target: bytes) -> str | None:
    """Return the route of a request's target, `other` for an unknown one, None for one that does not count."""
    path = _path(target)
    if path in _PLAIN:
        return _PLAIN[path]
    for prefix, suffix, route in _NAMED:
        if path.startswith(prefix) and path.endswith(suffix):
            name = path[len(prefix) : len(path) - len(suffix)]
            if name and b"/" not in name:
                return route
    return OTHER


def place_of(target: bytes) -> str:
    """Return the path of another server's target, to be shown and never sent; `other` for an unknown one."""
    return _PLACES.get(_path(target), OTHER)


def generates(method: bytes, target: bytes) -> bool:
    """Return whether the response to a request may be generated."""
    if method != b"POST":
        return False
    above, _, last = _path(target).rstrip(b"/").rpartition(b"/")
    return last not in _GENERATES_NOTHING and not (last.isdigit() and above.endswith(b"/slots"))


def _path(target: bytes) -> bytes:
    path = target.partition(b"?")[0]
    if path.startswith(b"/"):
        return path
    # The absolute form, `http://host/path`, as sent to a proxy (RFC 9112, section 3.2.2).
    return b"/" + path.partition(b"://")[2].partition(b"/")[2]
