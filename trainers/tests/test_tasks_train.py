"""Every task learns: its data, network, loss and configuration fit, seen in seconds on few samples.

What default settings reach is measured by `trainers/benchmarks/accuracies.py`.
"""

from pathlib import Path
from typing import Any

import pytest
from exported import card

from xaiplug_trainers import tasks

FEW = {"train_size": 3000, "val_size": 100, "test_size": 500}
NARROW = {"network_params": {"width": 8}}
MAPS = {"train_size": 180, "val_size": 45, "test_size": 90, "network_params": {"hidden": 64}}
SHORT: dict[str, tuple[dict[str, Any], int, float]] = {
    # parameters, batches an epoch at most, accuracy: half way between chance and what was measured, or above
    "cifar10": ({**NARROW, "classes": [0, 7, 9], "max_epochs": 3, "lr": 0.02, "batch_size": 32}, 25, 0.5),
    "mnist": ({"max_epochs": 4, "batch_size": 32}, 100, 0.85),
    "set_sum": ({**FEW, "max_epochs": 6, "lr": 0.004, "batch_size": 32}, 100, 0.18),
    "split_cifar": ({**NARROW, "max_epochs": 3, "lr": 0.03, "batch_size": 16}, 60, 0.16),
    "wafer": ({**MAPS, "max_epochs": 3, "batch_size": 12}, 100, 0.5),
    "xai_bench": ({**FEW, "max_epochs": 4, "batch_size": 64}, 100, 0.72),
}


@pytest.mark.parametrize("name", sorted(SHORT))
def test_a_short_training_is_well_above_chance(name, tmp_path: Path):
    params, batches, reached = SHORT[name]
    short = [
        f"--trainer.limit_train_batches={batches}",
        "--trainer.limit_val_batches=2",
        "--trainer.enable_progress_bar=false",
    ]
    described = card(getattr(tasks, name).train(tmp_path, short, **params))
    assert described["metrics"]["test"] >= reached


def test_every_task_has_a_configuration_and_names_its_splits():
    for name in set(tasks.__all__) - {"celeba", "own", "trec"}:  # their keys are those of their files
        task = getattr(tasks, name)
        assert task.splits == task.load_data(task.config()).splits
        assert task.key()
