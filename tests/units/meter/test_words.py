"""A path becomes a template and a User-Agent a word: what is not on the lists cannot leave."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.meter.clients import client_of
from shimmy_metrics.meter.routes import route_of
from shimmy_metrics.vocabulary import CLIENTS, OTHER, ROUTES
from support.wire import Seen, answer, request

AGENTS: Final = [
    ("OpenAI/Python 3.57.0", "openai-sdk"),
    ("AsyncOpenAI/Python 3.57.0", "openai-sdk"),
    ("OpenAI/JS 6.1.0", "openai-sdk"),
    ("langchainjs-openai/1.0", "langchain"),
    ("langchain-somewhere/1.0", "langchain"),
    ("llama-index-core/0.14", "llamaindex"),
    ("Anthropic/JS 0.60", "anthropic-sdk"),
    ("AsyncAnthropic/Python 2.13.0", "anthropic-sdk"),
    ("AzureOpenAI/Python 3.57.0", "openai-sdk"),
    ("AsyncAzureOpenAI/Python 3.57.0", "openai-sdk"),
    ("OpenAI/Go 3.1.0", "openai-sdk"),
    ("OpenAI/Java 4.2.0", "openai-sdk"),
    ("OpenAI/2.6.0 (.NET 9.0.9; Ubuntu 24.04.3 LTS)", "openai-sdk"),
    ("openai-java/4.2.0", "openai-sdk"),
    ("OpenAI.NET/8.8.2", "openai-sdk"),
    ("async-openai/0.30.1", "openai-sdk"),
    ("ai-sdk/openai/3.0.2 ai-sdk/provider-utils/4.0.1 runtime/node.js/22", "openai-sdk"),
    ("ai/6.0.1 ai-sdk/openai/3.0.2 ai-sdk/provider-utils/4.0.1 runtime/node.js/22", "openai-sdk"),
    ("ai/6.0.1 ai-sdk/azure/3.0.2", "openai-sdk"),
    ("ai/6.0.1 ai-sdk/anthropic/3.0.2 ai-sdk/provider-utils/4.0.1", "anthropic-sdk"),
    ("Anthropic/Python 0.75.0", "anthropic-sdk"),
    ("claude-cli/2.0 (external, cli)", "cli"),
    ("codex_cli_rs/0.55.0 (Ubuntu 26.4.0; x86_64) WindowsTerminal", "cli"),
    ("GeminiCLI/0.12.0/gemini-pro (linux; x64)", "cli"),
    ("opencode/1.0.55", "cli"),
    ("KimiCLI/1.12.0", "cli"),
    ("aichat/0.30.0", "cli"),
    ("HTTPie/3.2.4", "cli"),
    ("xh/0.25.0", "cli"),
    ("Wget/1.21.4", "cli"),
    ("Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.26100; en-US) PowerShell/7.5.3", "cli"),
    ("Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.26100.2161", "cli"),
    ("GithubCopilot/1.388.0", "vscode"),
    ("RooCode/3.30.0", "vscode"),
    ("Kilo-Code/4.120.0", "vscode"),
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
    ("claude-cli", "cli"),
    ("python-requests/2.32", "api"),
    ("curl/8.5.0 code/1", "curl"),
    ("Wget/1.21 Code/1", "cli"),
    ("wgetter/1.0", "api"),
    ("Continue-CLI/1.0", "continue"),
    ("JetBrains AI/2025.2", "jetbrains"),
    ("Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Cursor/1.7.4 Chrome/138 Electron/37", "cursor"),
    ("Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Code/1.105.0 Chrome/138 Electron/37", "vscode"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "api"),
    ("ai/6.0.1 ai-sdk/openai-compatible", "openai-sdk"),
    ("ai/6.0.1 ai-sdk/google/3.0.2", "api"),
    ("tool/1.0 ai-sdk/openai/3.0.2", "api"),
    ("python-httpx/0.28.1", "api"),
    ("axios/1.13.2", "api"),
    ("okhttp/5.1.0", "api"),
    ("Go-http-client/1.1", "api"),
    ("undici", "api"),
    ("Python/3.12 aiohttp/3.12", "api"),
    ("node", "api"),
    ("My Own Tool By Somebody", "api"),
]
"""What programs call themselves, seen live or in their sources, and the word for each."""


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


@pytest.mark.parametrize(("agent", "word"), AGENTS)
def test_a_client_is_a_word_of_the_list(agent: str, word: str) -> None:
    (seen,) = Seen().play(request("/v1/models", "GET", agent), answer(b"{}"))
    assert seen.client == word


def test_every_word_has_a_user_agent_that_gives_it() -> None:
    given_by = {word for _, word in AGENTS}
    assert given_by == set(CLIENTS)
    assert len(AGENTS) >= 60


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
