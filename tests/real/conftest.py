"""The micro model, written once."""

from pathlib import Path

import pytest

from support.real_parts import missing_for_shimmy, model_folder


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the micro model's file."""
    missing = missing_for_shimmy()
    if missing:
        pytest.skip(missing)
    return model_folder(tmp_path_factory.mktemp("model"))
