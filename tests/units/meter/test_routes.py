"""What a request's path tells: whether its answer may be generated, and the place that is shown."""

import pytest

from shimmy_metrics.meter.routes import generates, place_of, route_of
from shimmy_metrics.vocabulary import OTHER, OTHER_PATHS, ROUTES, UNCOUNTED_ROUTES

GENERATE_NOTHING = [
    # OpenAI's, Anthropic's and Jina's paths, wherever a server puts them
    *("/v1/embeddings", "/v1/moderations", "/v1/models", "/v1/messages/count_tokens", "/v1/rerank", "/v1/reranking"),
    # llama.cpp's
    *("/embedding", "/rerank", "/tokenize", "/detokenize", "/apply-template", "/props", "/slots", "/slots/3"),
    *("/models/load", "/models/unload"),
    # Ollama's
    *("/api/embed", "/api/embeddings", "/api/tags", "/api/show", "/api/ps", "/api/pull"),
    # vLLM's
    *("/score", "/classify", "/v1/score"),
    # Shimmy's
    *("/api/models/discover", "/api/models/my-private-model/load", "/api/models/my-private-model/unload"),
]


@pytest.mark.parametrize("path", GENERATE_NOTHING)
@pytest.mark.parametrize("form", ["{}", "{}/", "{}?action=save", "http://somewhere:1{}"])
def test_some_paths_generate_nothing_on_any_server(path: str, form: str) -> None:
    assert not generates(b"POST", form.format(path).encode())


@pytest.mark.parametrize(
    "target",
    [
        *("/v1/chat/completions", "/completion", "/api/generate", "/v1/audio/transcriptions", "/anything", "/", "*"),
        *(
            "/v1/embeddings/of",
            "/v1/embeddingsX",
            "/v1/my-embeddings",
            "/slots/next",
            "/slots/3/next",
            "/3",
            "/myslots/3",
            "/v1/3",
        ),
        "/generate?x=/embeddings",
    ],
)
def test_an_answer_to_any_other_post_may_be_generated(target: str) -> None:
    assert generates(b"POST", target.encode())
    for method in (b"GET", b"HEAD", b"OPTIONS", b"PUT", b"post"):
        assert not generates(method, target.encode())


@pytest.mark.parametrize("path", OTHER_PATHS)
def test_another_server_s_path_is_shown_and_counts_as_other(path: str) -> None:
    for target in (path, f"{path}?x=1", f"http://somewhere{path}"):
        assert place_of(target.encode()) == path
        assert route_of(target.encode()) == OTHER
    assert place_of(f"{path}/x".encode()) == OTHER


@pytest.mark.parametrize("path", UNCOUNTED_ROUTES)
def test_a_health_check_does_not_count(path: str) -> None:
    assert route_of(path.encode()) is None
    assert route_of(f"{path}?x=1".encode()) is None


@pytest.mark.parametrize("route", [each for each in ROUTES if ":name" in each])
def test_a_name_stands_where_a_name_may(route: str) -> None:
    for name in ("m", "a-b.c", ":name"):
        assert route_of(route.replace(":name", name).encode()) == route
    for wrong in (route.replace(":name", ""), route.replace(":name", "a/b"), f"x{route}", f"{route}x"):
        assert route_of(wrong.encode()) == OTHER
