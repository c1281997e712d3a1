"""The micro model, written once, and the llama.cpp server with SmolLM2."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.llama_server import llama_server
from support.real_parts import SMOLLM2, missing_for_llama, missing_for_shimmy, model_folder


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the micro model's file."""
    missing = missing_for_shimmy()
    if missing:
        pytest.skip(missing)
    return model_folder(tmp_path_factory.mktemp("model"))


@pytest.fixture
def llama() -> Iterator[int]:
    """Yield the port of a llama.cpp server of the test's own, whose counters nobody else moves."""
    if SMOLLM2 is None or missing_for_llama():
        pytest.skip(missing_for_llama())
    with llama_server(SMOLLM2) as port:
        yield port
