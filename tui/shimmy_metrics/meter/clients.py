"""Map a User-Agent to a client word of the closed list. It identifies libraries better than applications.

The names were seen live or in the programs' sources. A library keeps its own word, also inside another product. `cli`
is any program for the terminal (an agent, or a tool that sends requests) except curl, which has a word of its own. A
name that is not listed is `api`.
"""

from typing import Final

HEADER: Final = b"user-agent"
"""The header that names the client, in lower case; `http1` keeps no header that it does not list."""

UNNAMED: Final = "api"

_NAMES: Final[dict[bytes, str]] = {
    b"openai": "openai-sdk",
    b"asyncopenai": "openai-sdk",
    b"azureopenai": "openai-sdk",
    b"asyncazureopenai": "openai-sdk",
    b"openai-java": "openai-sdk",
    b"openai.net": "openai-sdk",
    b"async-openai": "openai-sdk",
    b"anthropic": "anthropic-sdk",
    b"asyncanthropic": "anthropic-sdk",
    b"ollama": "ollama-client",
    b"ollama-python": "ollama-client",
    b"ollama-js": "ollama-client",
    b"curl": "curl",
    b"aichat": "cli",
    b"claude-cli": "cli",
    b"codex_cli_rs": "cli",
    b"geminicli": "cli",
    b"httpie": "cli",
    b"kimicli": "cli",
    b"opencode": "cli",
    b"wget": "cli",
    b"xh": "cli",
    b"githubcopilot": "vscode",
    b"githubcopilotchat": "vscode",
    b"cline": "vscode",
    b"roocode": "vscode",
    b"kilo-code": "vscode",
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
    (b" windowspowershell/", "cli"),
    (b" powershell/", "cli"),
)
"""Electron puts an application's name into a browser's, PowerShell appends its own to one."""

_PROVIDERS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"ai-sdk/openai", "openai-sdk"),
    (b"ai-sdk/azure", "openai-sdk"),
    (b"ai-sdk/anthropic", "anthropic-sdk"),
)
"""Vercel's SDK names the API that it uses: `ai/6.0.1 ai-sdk/openai/3.0.2 ...`."""


def client_of(user_agent: bytes) -> str:
    """Return the word for a User-Agent in lower case; `api` for one that names no program of the list."""
    word = _NAMES.get(user_agent.partition(b"/")[0])
    if word is not None:
        return word
    for beginning, word in _BEGINNINGS:
        if user_agent.startswith(beginning):
            return word
    within: tuple[tuple[bytes, str], ...] = ()
    if user_agent.startswith(b"mozilla/"):
        within = _DESKTOPS
    elif user_agent.startswith((b"ai/", b"ai-sdk/")):
        within = _PROVIDERS
    return next((word for name, word in within if name in user_agent), UNNAMED)
