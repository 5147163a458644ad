"""The contract with the core: keys, splits, parameters, and a caller's process left as it was."""

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from exported import card

import xaiplug
from xaiplug.errors import DataError
from xaiplug_trainers.tasks import decoy_mnist


def test_key_is_stable_and_follows_every_parameter():
    key = decoy_mnist.key()
    assert key == decoy_mnist.key()
    changes = [{"seed": 1}, {"max_epochs": 3}, {"noise": 0.1}, {"network_params": {"width": 8}}, {"lr": 0.01}]
    assert decoy_mnist.key(contrast=0.4) == key  # a default, said aloud
    keys = {decoy_mnist.key(**change) for change in changes} | {key}
    assert len(keys) == len(changes) + 1


def test_key_does_not_follow_the_folder():
    assert decoy_mnist.key(data_root="/somewhere/else") == decoy_mnist.key()


def test_unknown_parameter_and_split_name_the_right_ones():
    with pytest.raises(DataError, match="did you mean 'noise'"):
        decoy_mnist.key(nosie=1)
    with pytest.raises(DataError, match=r"train, val, test, .*did you mean 'test-clean'"):
        decoy_mnist.samples("test-claen")
    with pytest.raises(DataError, match=r"digits.* no 'digit'.*did you mean"):
        decoy_mnist.samples("test", source="digit")


def test_samples_are_the_same_each_time_and_do_not_move_the_global_generators():
    torch.manual_seed(5), np.random.seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    first, second = decoy_mnist.samples("test"), decoy_mnist.samples("test", limit=10)
    assert torch.equal(first.inputs[:10], second.inputs)
    assert first.ids[:10] == second.ids
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])


def test_samples_have_the_promised_types():
    samples = decoy_mnist.samples("test", limit=4)
    assert samples.inputs.shape == (4, 1, 28, 28)
    assert samples.inputs.dtype == torch.float32
    assert 0 <= samples.inputs.min() <= samples.inputs.max() <= 1
    assert samples.labels.dtype == torch.int64
    assert samples.relevant.dtype == torch.bool
    assert len(set(samples.ids)) == 4


def test_splits_share_no_sample_and_are_balanced():
    whole = {split: decoy_mnist.samples(split, train_size=None) for split in ("train", "val", "test")}
    origins = {split: {i.split("-")[-1] for i in samples.ids} for split, samples in whole.items()}
    assert not origins["train"] & origins["val"]
    for samples in whole.values():
        counts = torch.bincount(samples.labels, minlength=10).double()
        assert counts.min() > 0.9 * counts.mean()


def test_card_is_complete_and_the_weights_are_the_ones_it_names(trained_decoy: Path):
    described = card(trained_decoy)
    assert described["format"] == 1
    assert described["module"] == "xaiplug_trainers.networks:SmallCNN"
    weights = (trained_decoy.parent / described["weights"]).read_bytes()
    assert hashlib.sha256(weights).hexdigest() == described["sha256"]
    assert described["key"] == decoy_mnist.key()
    assert described["data"].startswith("digits-1:")
    assert sum(map(sum, described["confusion"])) == len(decoy_mnist.samples("test").labels)
    assert described["seed"] == 0
    assert str(trained_decoy.parent) not in trained_decoy.read_text(encoding="utf-8")


def test_the_core_loads_the_export(trained_decoy: Path):
    model, test = xaiplug.load_model(f"file:{trained_decoy}"), decoy_mnist.samples("test")
    with torch.no_grad():
        predicted = model(test.inputs).argmax(1)
    assert (predicted == test.labels).double().mean().item() == pytest.approx(card(trained_decoy)["metrics"]["test"])


def test_logs_are_written_and_nothing_half_finished_is_left(trained_decoy: Path):
    folder = trained_decoy.parent
    assert sorted(path.name for path in folder.iterdir()) == ["logs", "model.safetensors", "model.yaml"]
    assert (folder / "logs" / "version_0" / "metrics.csv").stat().st_size > 0


def test_training_leaves_the_process_as_it_was(tmp_path: Path, capsys):
    torch.manual_seed(1), np.random.seed(1), random.seed(1)
    state = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    flags = torch.are_deterministic_algorithms_enabled(), torch.get_num_threads(), dict(os.environ)
    one_step = ["--trainer.max_steps=1", "--trainer.limit_val_batches=1", "--trainer.deterministic=true"]
    path = decoy_mnist.train(tmp_path, one_step, seed=3)
    assert torch.equal(torch.get_rng_state(), state[0])
    assert np.array_equal(np.random.get_state()[1], state[1])
    assert random.getstate() == state[2]
    assert (torch.are_deterministic_algorithms_enabled(), torch.get_num_threads(), dict(os.environ)) == flags
    assert capsys.readouterr().out == ""
    assert card(path)["key"] != decoy_mnist.key(seed=3)  # the arguments count


def test_arguments_go_to_lightning_untouched(tmp_path: Path):
    overrides = tmp_path / "mine.yaml"
    overrides.write_text(yaml.safe_dump({"model": {"network_params": {"width": 4}}}))
    path = decoy_mnist.train(tmp_path / "out", [f"--config={overrides}", "--trainer.fast_dev_run=1"])
    assert card(path)["kwargs"]["width"] == 4
    with pytest.raises(SystemExit):
        decoy_mnist.train(tmp_path / "bad", ["--trainer.max_epoks=1"])
    assert not (tmp_path / "bad" / "model.yaml").exists()


def test_importing_the_tasks_imports_no_torch():
    code = "import sys, xaiplug_trainers.tasks; sys.exit(int('torch' in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
