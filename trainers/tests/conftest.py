"""Fixtures shared by the trainers' tests."""

from pathlib import Path

import pytest

from xaiplug_trainers.tasks import decoy_mnist


@pytest.fixture(scope="session")
def trained_decoy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `model.yaml` of decoy-mnist trained with its default settings: the one training of the default suite."""
    return decoy_mnist.train(tmp_path_factory.mktemp("decoy"))
