"""Every task trains with its default settings to the accuracy that the README states."""

from pathlib import Path

import pytest
from exported import card

from xaiplug_trainers import tasks

REACHED = {"set_sum": 0.88, "split_cifar": 0.90, "mnist": 0.92, "cifar10": 0.95, "xai_bench": 0.90, "wafer": 0.98}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(REACHED))
def test_default_settings_reach_the_stated_accuracy(name, tmp_path: Path):
    described = card(getattr(tasks, name).train(tmp_path))
    assert described["metrics"]["test"] >= REACHED[name]


def test_every_task_has_a_configuration_and_names_its_splits():
    for name in set(tasks.__all__) - {"celeba", "trec"}:  # their keys are those of their files
        task = getattr(tasks, name)
        assert task.splits == task.load_data(task.config()).splits
        assert task.key()
