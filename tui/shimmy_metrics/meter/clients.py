"""A User-Agent, as one of the closed list of client words. It names libraries better than applications."""

from typing import Final

_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"openai/", "openai-sdk"),
    (b"asyncopenai/", "openai-sdk"),
    (b"ai/", "openai-sdk"),
    (b"anthropic/", "anthropic-sdk"),
    (b"asyncanthropic/", "anthropic-sdk"),
    (b"claude-cli/", "anthropic-sdk"),
    (b"ollama", "ollama-client"),
    (b"langchain", "langchain"),
    (b"llama-index", "llamaindex"),
    (b"llamaindex", "llamaindex"),
    (b"curl/", "curl"),
    (b"githubcopilotchat/", "vscode"),
    (b"vscode", "vscode"),
    (b"visual studio code", "vscode"),
    (b"cline/", "vscode"),
    (b"cursor/", "cursor"),
    (b"continue", "continue"),
    (b"zed/", "zed"),
    (b"jetbrains", "jetbrains"),
    (b"intellij", "jetbrains"),
    (b"open-webui", "open-webui"),
    (b"openwebui", "open-webui"),
    (b"anythingllm", "anythingllm"),
    (b"sillytavern", "sillytavern"),
)
"""Beginnings in lower case, the first that fits counts (seen live or in the programs' sources)."""


def client_of(user_agent: bytes) -> str:
    """Return the word for a User-Agent in lower case; `api` for one that names no program of the list."""
    for start, word in _STARTS:
        if user_agent.startswith(start):
            return word
    return "api"
