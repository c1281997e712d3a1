"""The closed word lists of a report. A word that is not here cannot be sent."""

from enum import StrEnum
from typing import Final


class TokenSource(StrEnum):
    """Where a token figure comes from. `MIXED` is for sessions with several sources; an exchange has any other."""

    REPORTED = "reported"
    """The server's usage figures."""
    COUNTED = "counted"
    """Streamed pieces with content, counted as they pass."""
    ESTIMATED = "estimated"
    """The server's own guess (Shimmy's `/v1/messages` divides bytes by four)."""
    MIXED = "mixed"
    UNKNOWN = "unknown"
    """Content was generated, and nobody knows how much."""


OTHER: Final = "other"

ROUTES: Final = (
    "/api/generate",
    "/api/models",
    "/api/models/:name/load",
    "/api/models/:name/status",
    "/api/models/:name/unload",
    "/api/models/discover",
    "/api/tags",
    "/api/tools",
    "/api/tools/:name/execute",
    "/api/workflows/execute",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/messages",
    "/v1/models",
    "/ws/generate",
)
"""Shimmy 2.6.5's routes that count, sorted. A name in a path is replaced by `:name`."""

OTHER_PATHS: Final = (
    "/api/chat",
    "/api/v0/chat/completions",
    "/api/v0/completions",
    "/api/v1/chat",
    "/chat/completions",
    "/completion",
    "/completions",
    "/generate",
    "/generate_stream",
    "/infill",
    "/inference",
    "/invocations",
    "/v1/audio/speech",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
    "/v1/images/edits",
    "/v1/images/generations",
    "/v1/responses",
)
"""Paths of other servers that generate something, sorted. They are never sent: a report says `other`."""

UNCOUNTED_ROUTES: Final = ("/health", "/metrics", "/diag", "/docs", "/openapi.json")
"""Health checks and documentation: probes alone can make 25,000 requests a day."""

CLIENTS: Final = (
    "vscode",
    "cursor",
    "continue",
    "zed",
    "jetbrains",
    "open-webui",
    "anythingllm",
    "sillytavern",
    "langchain",
    "llamaindex",
    "openai-sdk",
    "anthropic-sdk",
    "ollama-client",
    "curl",
    "api",
    "cli",
)

SYSTEMS: Final = ("linux", "macos", "windows", OTHER)
ARCHITECTURES: Final = ("x64", "arm64", OTHER)
DEPLOYMENTS: Final = ("production", "development", "evaluation")
TIERS: Final = ("workstation", "server", "consumer")
REGIONS: Final = ("americas", "emea", "apac", "unknown")
GPU_VENDORS: Final = ("nvidia", "amd", "intel", "apple")
