"""What people who know Lightning expect of a module, a data module and a command line."""

import csv
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from exported import card, network_of
from torch import nn
from torchmetrics.functional.classification import multiclass_auroc

from xaiplug.errors import ComponentError, DataError
from xaiplug_trainers.augment import flip_and_crop
from xaiplug_trainers.classifier import ImageClassifier
from xaiplug_trainers.data.base import Geometry
from xaiplug_trainers.data.decoy_mnist import DecoyMNIST
from xaiplug_trainers.datamodule import TaskDataModule
from xaiplug_trainers.isolation import quiet
from xaiplug_trainers.machine import layout_for, precision_for
from xaiplug_trainers.scores import Scores
from xaiplug_trainers.tasks import decoy_mnist

NO_BAR = "--trainer.enable_progress_bar=false"
TINY = {"train_size": 64, "batch_size": 16, "max_epochs": 2, "network_params": {"width": 2, "hidden": 8}}
GEOMETRY = Geometry((1, 28, 28), 10)


def trained(folder: Path, *arguments: str, **params) -> Path:
    return decoy_mnist.train(folder, [NO_BAR, *arguments], **(TINY | params))


def bare(**settings) -> pl.Trainer:
    off = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}
    with quiet():
        return pl.Trainer(accelerator="cpu", **off, **settings)


class Runs:
    """Runs code where it is unpickled."""

    def __reduce__(self):
        return print, ("ran",)


class Seen(pl.Callback):
    """Notes what a training was given, and what its optimiser did."""

    def __init__(self):
        self.batches, self.rates, self.step = [], [], 0

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        self.batches.append(batch[0].clone())
        self.rates.append(trainer.optimizers[0].param_groups[0]["lr"])


def fitted(module: ImageClassifier, data: TaskDataModule, **settings) -> Seen:
    seen = Seen()
    with quiet():
        bare(callbacks=[seen], limit_val_batches=0, **settings).fit(module, data)
    return seen


def test_a_checkpoint_is_a_module_again_and_holds_plain_data(tmp_path):
    module = ImageClassifier("small-cnn", {"width": 2}, optimizer=torch.optim.SGD, geometry=GEOMETRY)
    trainer = bare(max_steps=1)
    trainer.strategy.connect(module)
    trainer.save_checkpoint(tmp_path / "one.ckpt")
    again = ImageClassifier.load_from_checkpoint(tmp_path / "one.ckpt", weights_only=True)
    x = torch.rand(2, 1, 28, 28)
    assert torch.equal(again.eval()(x), module.eval()(x))
    assert again.geometry == GEOMETRY


def test_a_checkpoint_of_the_command_line_has_its_optimiser(tmp_path, monkeypatch):
    monkeypatch.setattr("xaiplug_trainers.training.shutil.rmtree", lambda *_, **__: None)
    trained(tmp_path, lr=0.0123)
    (found,) = tmp_path.glob(".resume/*/last.ckpt")
    again = ImageClassifier.load_from_checkpoint(found, weights_only=True)
    assert again.configure_optimizers().param_groups[0]["lr"] == 0.0123
    assert torch.equal(again.network.head[2].bias, network_of(tmp_path / "model.yaml").head[2].bias)


def test_a_training_begins_with_a_checkpoint_of_plain_data_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("xaiplug_trainers.training.shutil.rmtree", lambda *_, **__: None)
    first = trained(tmp_path / "first")
    (found,) = tmp_path.glob("first/.resume/*/last.ckpt")
    with pytest.warns(UserWarning, match=r"exported are those of .*last\.ckpt"):
        again = trained(tmp_path / "again", f"--ckpt_path={found}")
    assert card(again)["sha256"] == card(first)["sha256"]
    ran = []
    monkeypatch.setattr("builtins.print", ran.append)
    torch.save({"state_dict": Runs()}, tmp_path / "wild.ckpt")
    with pytest.raises(DataError, match=r"wild\.ckpt is no checkpoint of plain data"):
        trained(tmp_path / "wild", f"--ckpt_path={tmp_path / 'wild.ckpt'}")
    assert not ran


def test_best_or_last(tmp_path):
    worse = {"lr": 0.1, "max_epochs": 3}  # too large: the loss rises
    paths = {which: trained(tmp_path / which, export=which, **worse) for which in ("last", "best")}
    log = tmp_path / "best" / "logs" / "version_0" / "metrics.csv"
    losses = [float(row["val_loss"]) for row in csv.DictReader(log.open()) if row["val_loss"]]
    assert losses.index(min(losses)) < 2
    val = decoy_mnist.samples("val", train_size=64)
    for which, loss in (("best", min(losses)), ("last", losses[-1])):
        found = nn.functional.cross_entropy(network_of(paths[which])(val.inputs), val.labels).item()
        assert found == pytest.approx(loss, rel=1e-3)
        assert card(paths[which])["trained"] == {"epochs": 3, "steps": 12, "weights": which}


@pytest.mark.parametrize("setting", ["limit_val_batches=0", "barebones=true", "fast_dev_run=true"])
def test_best_without_a_validation_is_refused(tmp_path, setting):
    with pytest.raises(ComponentError, match="export: best needs a validation"):
        decoy_mnist.train(tmp_path, ["--export=best", f"--trainer.{setting}"], **TINY)


def test_scores_are_torchmetrics_own_and_nan_where_labels_tell_nothing():
    generator = torch.Generator().manual_seed(0)
    outputs, labels = torch.randn(200, 4, generator=generator) * 30, torch.arange(200) % 3
    scores = Scores()
    for part in (slice(0, 150), slice(150, 200)):
        scores.update(outputs[part], labels[part])
    found = scores.compute()
    wanted = multiclass_auroc(outputs.double().softmax(1), labels, 4, average=None)[:3]
    assert torch.allclose(found["auroc_of"][:3].float(), wanted.float(), atol=1e-6)
    assert found["auroc_of"].isnan().tolist() == [False] * 3 + [True]
    assert found["auroc"] == pytest.approx(found["auroc_of"][:3].mean().item())
    right = outputs.argmax(1) == labels
    assert found["accuracy"] == pytest.approx(right.double().mean().item())
    assert found["accuracy_of"][1] == pytest.approx(right[labels == 1].double().mean().item())


def test_scores_of_heads_and_of_a_single_output():
    heads = Scores()
    heads.update(torch.tensor([[2.0, -1.0], [9.0, 1.0], [-1.0, 3.0]]), torch.tensor([[0, 0], [1, 1], [0, 0]]))
    found = heads.compute()
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["accuracy_of"].tolist() == pytest.approx([2 / 3, 2 / 3])
    assert found["auroc_of"].tolist() == [1.0, 0.5]
    single = Scores()
    single.update(torch.tensor([[0.2], [0.4], [0.9]]), torch.tensor([0, 1, 1]))
    found = single.compute()
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["auroc_of"].tolist() == [1.0, 1.0]
    assert found["accuracy_of"].tolist() == [1.0, 0.5]


def test_a_test_logs_every_split_and_class_and_a_prediction_is_of_probabilities():
    data = DecoyMNIST(train_size=32)
    module = ImageClassifier("small-cnn", {"width": 2}, geometry=data.geometry)
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = bare(limit_test_batches=2, limit_predict_batches=1)
        logged = {
            key: value
            for one in trainer.test(module, TaskDataModule(data), verbose=False)
            for key, value in one.items()
        }
        first = trainer.predict(module, TaskDataModule(data, batch_size=8))[0][0]
        alone = module.predict_step(data.samples("test", limit=8).inputs)
    assert {
        f"{split}_{what}" for split in ("test", "test-clean") for what in ("accuracy", "auroc", "accuracy/3")
    } <= set(logged)
    assert first.shape == (8, 10)
    assert torch.allclose(first.sum(1), torch.ones(8))
    assert torch.allclose(first, alone, atol=1e-6)
    test = data.samples("test", limit=256)
    right = (module.eval()(test.inputs).argmax(1) == test.labels).float().mean().item()
    assert logged["test_accuracy"] == pytest.approx(right, abs=1e-6)


def test_shares_of_a_split_have_every_row_once_and_equal_lengths(monkeypatch):
    module = TaskDataModule(DecoyMNIST(train_size=32), batch_size=50)
    rows, lengths = [], []
    for rank in range(2):
        monkeypatch.setattr(TaskDataModule, "_place", lambda _, rank=rank: (2, rank))
        batches = list(module.val_dataloader())
        lengths.append(len(batches))
        rows += [label for batch in batches for label in batch[1][batch[2]].tolist()]
    labels = module.dataset.samples("val").labels
    assert len(labels) % 2 == 1, "an odd number shows the filling"
    assert sorted(rows) == sorted(labels.tolist())
    assert lengths[0] == lengths[1]


def test_rows_that_do_not_count_change_no_number():
    module = ImageClassifier("small-cnn", {"width": 2}, geometry=GEOMETRY).eval()
    module.log = lambda *_, **__: None
    inputs, labels = torch.rand(6, 1, 28, 28), torch.arange(6)
    counts = torch.tensor([True, False, True, True, False, True])
    module.validation_step((inputs, labels, counts), 0)
    module.validation_step((inputs, labels, ~counts & counts), 1)
    wanted = nn.functional.cross_entropy(module(inputs[counts]), labels[counts])
    assert module.val_loss.compute() == pytest.approx(wanted.item())


def test_every_batch_is_augmented_by_its_own_draw():
    data = DecoyMNIST(train_size=32)
    module = ImageClassifier("small-cnn", {"width": 2}, geometry=data.geometry)
    apart = TaskDataModule(data, batch_size=8, augment="flip-crop", order_seed=1)
    one, two = (fitted(module, apart, max_epochs=2, accumulate_grad_batches=n).batches for n in (1, 2))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    plain = fitted(module, TaskDataModule(data, batch_size=8, order_seed=1), max_epochs=2).batches
    for number, (drawn, as_read) in enumerate(zip(one, plain, strict=True)):
        generator = torch.Generator().manual_seed(1_000_003 + number)
        assert torch.equal(drawn, flip_and_crop(as_read, generator))


def test_warmup_then_schedule():
    data = TaskDataModule(DecoyMNIST(train_size=32), batch_size=8)
    rates = {}
    for schedule in ("constant", "cosine"):
        module = ImageClassifier("small-cnn", {"width": 2}, warmup_steps=3, schedule=schedule, geometry=data.geometry)
        rates[schedule] = [1000 * rate for rate in fitted(module, data, max_epochs=2).rates]
    assert rates["constant"] == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1, 1, 1])
    assert rates["cosine"][:4] == pytest.approx([0.25, 0.5, 0.75, 1])
    assert rates["cosine"][4:] == sorted(rates["cosine"][4:], reverse=True)
    assert 0 < rates["cosine"][-1] < 0.2


def test_a_schedule_without_an_end_or_without_room_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"max_epochs: -1 nobody knows.*say max_epochs or max_steps"):
        trained(tmp_path, "--trainer.max_time=00:00:00:05", max_epochs=-1, schedule="cosine")
    with pytest.raises(DataError, match="warmup_steps: 8 of 8 steps leave none"):
        trained(tmp_path, schedule="cosine", warmup_steps=8)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["accelerator=gpu"], "auto takes what is there"),
        (["accelerator=cuda", "devices=2"], "auto takes what is there"),
        (["accelerator=cpu", "devices=0"], "devices='0'"),
        (["accelerator=cpu", "devices=[7]"], "int > 0"),
    ],
)
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_devices_that_are_not_there_are_refused_in_one_line(tmp_path, settings, said):
    with pytest.raises(ComponentError, match="Lightning refuses these settings for decoy-mnist") as caught:
        trained(tmp_path, *(f"--trainer.{setting}" for setting in settings))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_epochs_say_what_is_exported(tmp_path):
    with pytest.warns(UserWarning, match=r"not a step was trained \(max_epochs: 0\).*the network began with"):
        path = trained(tmp_path, max_epochs=0)
    assert card(path)["trained"] == {"epochs": 0, "steps": 0, "weights": "untrained"}


def test_barebones_keeps_nothing_but_the_export(tmp_path):
    decoy_mnist.train(tmp_path, ["--trainer.barebones=true"], **TINY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors", "model.yaml"]


def test_tensorboard_by_one_argument(tmp_path):
    pytest.importorskip("tensorboard")
    trained(tmp_path, "--trainer.logger=TensorBoardLogger")
    assert list(tmp_path.glob("logs/version_0/events*"))


def test_a_logger_that_is_not_installed_names_its_extra(tmp_path, monkeypatch):
    monkeypatch.setattr("lightning_fabric.loggers.tensorboard._TENSORBOARD_AVAILABLE", False)
    monkeypatch.setattr("lightning_fabric.loggers.tensorboard._TENSORBOARDX_AVAILABLE", False)
    with pytest.raises(ComponentError, match=r"install xaiplug-trainers\[tensorboard\]"):
        trained(tmp_path, "--trainer.logger=TensorBoardLogger")


def test_a_learning_rate_is_found_and_used(tmp_path):
    finder = ["--trainer.callbacks+=LearningRateFinder", "--trainer.callbacks.num_training_steps=40"]
    trained(tmp_path, *finder, batch_size=2, max_epochs=3)
    module = ImageClassifier("small-cnn", {"width": 2}, geometry=GEOMETRY)
    module.lr = 0.5
    assert module.configure_optimizers().param_groups[0]["lr"] == 0.5


def test_workers_read_what_the_training_would(tmp_path):
    sums = {card(trained(tmp_path / str(n), f"--data.num_workers={n}", max_epochs=1))["sha256"] for n in (0, 1)}
    assert len(sums) == 1


def test_the_network_is_compiled_where_asked(monkeypatch):
    asked = []
    monkeypatch.setattr(nn.Module, "compile", lambda self: asked.append(type(self).__name__))
    data = TaskDataModule(DecoyMNIST(train_size=32), batch_size=32)
    for wanted in (False, True):
        fitted(ImageClassifier("small-cnn", {"width": 2}, compile=wanted, geometry=data.geometry), data, max_steps=1)
    assert asked == ["SmallCNN"]


def test_one_optimiser_on_the_command_line(tmp_path):
    with pytest.raises(SystemExit):
        trained(tmp_path, "--optimizer=SGD")


@pytest.mark.parametrize(
    ("asked", "accelerator", "gpu", "bf16", "gets"),
    [
        (None, "auto", True, True, "bf16-mixed"),
        (None, "gpu", True, False, "16-mixed"),
        (None, "cuda", True, True, "bf16-mixed"),
        (None, "auto", False, True, None),
        (None, "cpu", True, True, None),
        ("32-true", "auto", True, True, "32-true"),
    ],
)
def test_the_precision_follows_the_machine_unless_asked(monkeypatch, asked, accelerator, gpu, bf16, gets):
    monkeypatch.setattr(torch, "cuda", SimpleNamespace(is_available=lambda: gpu, is_bf16_supported=lambda: bf16))
    assert precision_for(asked, accelerator) == gets


def test_images_on_a_gpu_lie_channels_last():
    assert layout_for("cuda", (3, 8, 8)) == torch.channels_last
    assert {layout_for("cpu", (3, 8, 8)), layout_for("cuda", (5,)), layout_for("cuda", (37, 300))} == {
        torch.preserve_format
    }


def test_a_module_on_a_gpu_takes_that_layout(monkeypatch):
    module = ImageClassifier("small-cnn", {"width": 2}, geometry=Geometry((3, 28, 28), 10))
    monkeypatch.setattr(ImageClassifier, "device", torch.device("cuda"))
    module.on_fit_start()
    assert module.network.features[0].weight.is_contiguous(memory_format=torch.channels_last)
