"""Training goes on after a kill, repeats itself exactly, and runs in several processes."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from exported import card

from xaiplug.errors import StoreError
from xaiplug_trainers.datamodule import TaskDataModule
from xaiplug_trainers.tasks import decoy_mnist

NO_BAR = "--trainer.enable_progress_bar=false"
TINY = {"train_size": 256, "max_epochs": 2}


class Interrupt(pl.Callback):
    """Presses Ctrl-C after the first epoch."""

    def on_train_epoch_start(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        if trainer.current_epoch == 1:
            raise KeyboardInterrupt


def interrupted(patch: pytest.MonkeyPatch) -> None:
    """Make every trainer press Ctrl-C after its first epoch."""
    original = pl.Trainer.fit

    def patched(self, *args, **kwargs):
        self.callbacks.append(Interrupt())
        original(self, *args, **kwargs)

    patch.setattr(pl.Trainer, "fit", patched)


def test_two_trainings_give_the_same_weights_and_another_seed_others(tmp_path: Path):
    sums = [card(decoy_mnist.train(tmp_path / str(i), [NO_BAR], seed=i // 2, **TINY))["sha256"] for i in range(3)]
    assert sums[0] == sums[1] != sums[2]


def test_refitting_on_the_same_samples_is_training_and_on_others_is_not(tmp_path: Path):
    train = decoy_mnist.samples("train", train_size=256)
    whole = decoy_mnist.train(tmp_path / "whole", [NO_BAR], seed=3, **TINY)
    same = decoy_mnist.refit(tmp_path / "same", train, seed=3, **TINY)
    black = replace(train, inputs=torch.zeros_like(train.inputs))
    blind = decoy_mnist.refit(tmp_path / "blind", black, seed=3, **TINY)
    assert card(same)["sha256"] == card(whole)["sha256"] != card(blind)["sha256"]
    assert len({card(path)["key"] for path in (whole, same, blind)}) == 3
    assert card(blind)["metrics"]["test"] < 0.3


def test_an_interrupt_is_passed_on_and_training_resumes_to_the_same_weights(tmp_path: Path):
    whole = decoy_mnist.train(tmp_path / "whole", [NO_BAR], **TINY)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.MonkeyPatch.context() as patch:
        interrupted(patch)
        with pytest.raises(KeyboardInterrupt):
            decoy_mnist.train(tmp_path / "broken", [NO_BAR], **TINY)
    assert signal.getsignal(signal.SIGINT) is handler
    assert not (tmp_path / "broken" / "model.yaml").exists()
    resumed = decoy_mnist.train(tmp_path / "broken", [NO_BAR], **TINY)
    assert card(resumed)["sha256"] == card(whole)["sha256"]
    log = (tmp_path / "broken" / "logs" / "version_1" / "metrics.csv").read_text(encoding="utf-8")
    assert {line.split(",")[0] for line in log.splitlines()[1:]} == {"1"}  # the first epoch was not run again


def test_early_stopping_by_arguments(tmp_path: Path):
    stop = [f"--trainer.callbacks{end}" for end in ("+=EarlyStopping", ".monitor=val_loss", ".min_delta=1000")]
    decoy_mnist.train(tmp_path, [NO_BAR, *stop, "--trainer.callbacks.patience=1"], train_size=64, max_epochs=50)
    log = (tmp_path / "logs" / "version_0" / "metrics.csv").read_text(encoding="utf-8")
    assert max(int(line.split(",")[0]) for line in log.splitlines()[1:]) == 1


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write the model of decoy-mnist"):
        decoy_mnist.train(tmp_path / "file" / "out", **TINY)


def test_order_and_augmentation_follow_seed_epoch_and_step_only():
    data = decoy_mnist.load_data(decoy_mnist.config(train_size=100))
    orders = []
    for seed, epoch in ((0, 0), (0, 1), (0, 0), (1, 0)):
        loader = TaskDataModule(data, batch_size=100, order_seed=seed).train_dataloader()
        loader.sampler.set_epoch(epoch)
        orders.append(next(iter(loader))[1])
    assert torch.equal(orders[0], orders[2])
    assert not torch.equal(orders[0], orders[1])
    assert not torch.equal(orders[0], orders[3])


SCRIPT = """
import sys
from pathlib import Path
from xaiplug_trainers.tasks import decoy_mnist
if __name__ == "__main__":
    decoy_mnist.train(Path(sys.argv[1]), sys.argv[3:], max_epochs=int(sys.argv[2]), train_size=1000)
"""


@pytest.mark.slow
def test_training_goes_on_after_a_kill(tmp_path: Path):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(tmp_path / "out"), "12", NO_BAR]
    process = subprocess.Popen(command)
    waiting = time.monotonic() + 120
    while not list(tmp_path.glob("out/.resume/*/last.ckpt")) and time.monotonic() < waiting:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out" / "model.yaml").exists()
    resumed = decoy_mnist.train(tmp_path / "out", [NO_BAR], max_epochs=12, train_size=1000)
    whole = decoy_mnist.train(tmp_path / "whole", [NO_BAR], max_epochs=12, train_size=1000)
    assert card(resumed)["sha256"] == card(whole)["sha256"]
    assert not (tmp_path / "out" / ".resume").exists()


@pytest.mark.slow
def test_two_processes_train_one_model(tmp_path: Path):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    two = [f"--trainer.{setting}" for setting in ("accelerator=cpu", "strategy=ddp", "devices=2")]
    subprocess.run([sys.executable, str(script), str(tmp_path / "out"), "8", NO_BAR, *two], check=True, timeout=300)
    described = card(tmp_path / "out" / "model.yaml")
    assert described["metrics"]["test"] > 0.9
    count = len(decoy_mnist.samples("val", train_size=1000))
    assert count % 2 == 1
    log = (tmp_path / "out" / "logs" / "version_0" / "metrics.csv").read_text(encoding="utf-8")
    steps = [int(line.split(",")[1]) for line in log.splitlines()[1:]]
    assert max(steps) == 8 * 8 - 1  # 500 images a process and epoch make 8 batches of 64
    right = [float(line.split(",")[3]) * count for line in log.splitlines()[1:] if line.split(",")[3]]
    assert right == pytest.approx([round(one) for one in right], abs=1e-3)  # none of an odd number counts twice


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_is_used_with_half_precision(tmp_path: Path):
    described = card(decoy_mnist.train(tmp_path, [NO_BAR]))
    assert described["config"]["trainer"]["precision"] in ("bf16-mixed", "16-mixed")
    assert described["metrics"]["test"] >= 0.98
