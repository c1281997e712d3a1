"""A path becomes a template and a User-Agent a word: what is not on the lists cannot leave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.meter.clients import client_of
from shimmy_metrics.meter.routes import route_of
from shimmy_metrics.vocabulary import CLIENTS, OTHER, ROUTES
from support.wire import Seen, answer, request


@pytest.mark.parametrize(
    ("path", "route"),
    [
        *((route.replace(":name", "my-private-model"), route) for route in ROUTES),
        ("/v1/models?x=/health", "/v1/models"),
        ("/v1/models/", "other"),
        ("/api/models/a/b/load", "other"),
        ("/api/models//load", "other"),
        ("/api/models/load", "other"),
        ("/api/tools/ls/execute?x", "/api/tools/:name/execute"),
        ("http://somewhere:1/v1/models", "/v1/models"),
        ("http://somewhere", "other"),
        ("http://somewhere/and://elsewhere/v1/models", "other"),
        ("/home/somebody/secret", "other"),
        ("/V1/models", "other"),
        ("/health/x", "other"),
        ("*", "other"),
    ],
)
def test_a_path_is_a_template_or_other(path: str, route: str) -> None:
    (seen,) = Seen().play(request(path, "GET"), answer(b"{}"))
    assert seen.route == route


@pytest.mark.parametrize(
    ("agent", "word"),
    [
        ("OpenAI/Python 3.57.0", "openai-sdk"),
        ("AsyncOpenAI/Python 3.57.0", "openai-sdk"),
        ("OpenAI/JS 6.1.0", "openai-sdk"),
        ("langchainjs-openai/1.0", "langchain"),
        ("langchain-somewhere/1.0", "langchain"),
        ("llama-index-core/0.14", "llamaindex"),
        ("Anthropic/JS 0.60", "anthropic-sdk"),
        ("AsyncAnthropic/Python 2.13.0", "anthropic-sdk"),
        ("claude-cli/2.0 (external, cli)", "anthropic-sdk"),
        ("ollama-python/0.6.3 (x86_64 linux)", "ollama-client"),
        ("ollama-js/0.6.3 (x64 linux v22)", "ollama-client"),
        ("ollama/0.12.6 (amd64 linux) Go/go1.24", "ollama-client"),
        ("curl/8.5.0", "curl"),
        ("GitHubCopilotChat/0.32", "vscode"),
        ("Cline/3.2", "vscode"),
        ("Zed/0.200.0 (linux; x86_64)", "zed"),
        ("Zed", "zed"),
        ("VSCode/1.105", "vscode"),
        ("vscode-rest-client", "vscode"),
        ("Visual Studio Code 1.105", "vscode"),
        ("Cursor/1.7", "cursor"),
        ("Continue/1.2", "continue"),
        ("ContinueDev", "continue"),
        ("SillyTavern/1.13.4", "sillytavern"),
        ("Open-WebUI/0.6", "open-webui"),
        ("Open WebUI (https://github.com/open-webui/open-webui)", "open-webui"),
        ("OpenWebUI/0.6", "open-webui"),
        ("AnythingLLM/1.8", "anythingllm"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 AnythingLLMDesktop/1.8 Electron/35", "anythingllm"),
        ("IntelliJ IDEA/2025.2", "jetbrains"),
        ("LlamaIndex/0.14", "llamaindex"),
        ("llama_index/0.14", "llamaindex"),
        ("claude-cli", "anthropic-sdk"),
        ("python-requests/2.32", "api"),
        ("curl/8.5.0 code/1", "curl"),
        ("Wget/1.21 Code/1", "api"),
        ("Continue-CLI/1.0", "continue"),
        ("JetBrains AI/2025.2", "jetbrains"),
        ("Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Cursor/1.7.4 Chrome/138 Electron/37", "cursor"),
        ("Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Code/1.105.0 Chrome/138 Electron/37", "vscode"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "api"),
        ("ai/6.0.1 ai-sdk/openai-compatible", "api"),
        ("Python/3.12 aiohttp/3.12", "api"),
        ("node", "api"),
        ("My Own Tool By Somebody", "api"),
    ],
)
def test_a_client_is_a_word_of_the_list(agent: str, word: str) -> None:
    (seen,) = Seen().play(request("/v1/models", "GET", agent), answer(b"{}"))
    assert seen.client == word


@pytest.mark.parametrize(
    "head", [b"GET /v1/models HTTP/1.1\r\n\r\n", b"GET /v1/models HTTP/1.1\r\nUser-Agent:\r\n\r\n"]
)
def test_a_client_that_does_not_say_who_it_is_has_no_word(head: bytes) -> None:
    (seen,) = Seen().play(head, answer(b"{}"))
    assert seen.client is None


@given(st.binary())
def test_no_bytes_are_another_word(data: bytes) -> None:
    assert client_of(data) in CLIENTS
    assert route_of(data) in (*ROUTES, OTHER, None)
