"""What no report holds."""

from typing import Final

from shimmy_metrics.limits import USAGE_DAYS

NEVER: Final[tuple[tuple[str, str], ...]] = (
    ("prompts", "pass through; never kept"),
    (
        "answers",
        "pass through; read for status, errors, usage figures, the model's name, and whether text came",
    ),
    ("model names", "never sent, never on disk; told apart in memory by keyed hashes, gone when the session ends"),
    ("model files", "never opened"),
    ("file paths", "in no report; validate reads your home and working directory to search for them"),
    ("IP addresses", "of clients: not recorded; of yours: in no report, but a receiver sees it, as any server does"),
    ("host name", "in no report; validate reads it to search for it"),
    ("user name", "in no report; validate reads it to search for it"),
    ("API keys", "pass through; never kept; validate searches for those in your environment"),
    ("hardware models", "of what the system tells only the maker of the GPU is kept"),
    ("install identifier", "there is none; the session_id in your config names your answer and is never sent"),
    (
        "your own figures",
        f"requests, errors and tokens by day, yours alone: {USAGE_DAYS} days up to the newest",
    ),
    ("server memory use", "shown beside the live figures if known; stays here"),
)
"""What is never sent, and what becomes of it instead (the description, "What Is NOT Collected")."""

ALSO: Final = {
    "prompts": ("chats", "messages", "questions"),
    "answers": ("chats", "responses", "completions"),
    "host name": ("hostname", "computer name"),
    "user name": ("username", "login"),
    "API keys": ("passwords", "secrets"),
    "hardware models": ("GPU model", "CPU model", "serial number"),
    "install identifier": ("machine ID", "device ID"),
    "server memory use": ("RAM",),
}
"""Other words by which people look for it."""
