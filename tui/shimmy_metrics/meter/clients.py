"""A User-Agent, as one of the closed list of client words. It names libraries better than applications.

Names seen live or in the programs' sources. A library of one kind that another product builds on keeps the word that
its own name says; what names nothing of the list is `api`.
"""

from typing import Final

UNNAMED: Final = "api"

_NAMES: Final[dict[bytes, str]] = {
    b"openai": "openai-sdk",
    b"asyncopenai": "openai-sdk",
    b"anthropic": "anthropic-sdk",
    b"asyncanthropic": "anthropic-sdk",
    b"claude-cli": "anthropic-sdk",
    b"ollama": "ollama-client",
    b"ollama-python": "ollama-client",
    b"ollama-js": "ollama-client",
    b"curl": "curl",
    b"githubcopilotchat": "vscode",
    b"cline": "vscode",
    b"cursor": "cursor",
    b"zed": "zed",
    b"sillytavern": "sillytavern",
}
"""The first product's name, up to the slash."""

_BEGINNINGS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"langchain", "langchain"),
    (b"llama-index", "llamaindex"),
    (b"llamaindex", "llamaindex"),
    (b"llama_index", "llamaindex"),
    (b"jetbrains", "jetbrains"),
    (b"intellij", "jetbrains"),
    (b"open-webui", "open-webui"),
    (b"open webui", "open-webui"),
    (b"openwebui", "open-webui"),
    (b"anythingllm", "anythingllm"),
    (b"vscode", "vscode"),
    (b"visual studio code", "vscode"),
    (b"continue", "continue"),
)

_DESKTOPS: Final[tuple[tuple[bytes, str], ...]] = (
    (b" cursor/", "cursor"),
    (b" code/", "vscode"),
    (b" anythingllm", "anythingllm"),
)
"""Electron puts an application's name into the middle of a browser's."""


def client_of(user_agent: bytes) -> str:
    """Return the word for a User-Agent in lower case; `api` for one that names no program of the list."""
    word = _NAMES.get(user_agent.partition(b"/")[0])
    if word is not None:
        return word
    for beginning, word in _BEGINNINGS:
        if user_agent.startswith(beginning):
            return word
    if user_agent.startswith(b"mozilla/"):
        for name, word in _DESKTOPS:
            if name in user_agent:
                return word
    return UNNAMED
