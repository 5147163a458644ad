"""Somebody's network, loss, source, data set and task, named in the places where ours are."""

from pathlib import Path

import pytest
import torch
from exported import card
from torch.nn.functional import cross_entropy

import xaiplug
from xaiplug.errors import DataError, PluginError
from xaiplug.sources.tasks import task_of
from xaiplug_trainers.losses import loss_of
from xaiplug_trainers.named import split
from xaiplug_trainers.networks import build, kwargs_for
from xaiplug_trainers.tasks import mnist, own

SHORT = ["--trainer.enable_progress_bar=false", "--trainer.limit_train_batches=1", "--trainer.limit_val_batches=1"]
MINE = """
import numpy as np
import torch
from torch import nn
from xaiplug import Samples
from xaiplug_trainers.sources import Images, Source
from xaiplug_trainers.task import TrainedTask
from xaiplug_trainers.data.images import PlainImages


class Net(nn.Module):
    def __init__(self, in_channels, num_classes, width=4):
        super().__init__()
        self.conv, self.head = nn.Conv2d(in_channels, width, 3), nn.Linear(width, num_classes)

    def forward(self, x):
        return self.head(self.conv(x).relu().mean((2, 3)))


def make(classes, channels):
    return Net(channels, classes)


def number(classes):
    return classes


def loss(outputs, labels, scale=1.0):
    return scale * nn.functional.cross_entropy(outputs, labels)


def dots(split=None, labelled=True, heads=False):
    labels = torch.arange(30) % 3
    inputs = torch.rand(30, 1, 8, 8, generator=torch.Generator().manual_seed(0)) / 4 + labels[:, None, None, None] / 4
    ids = [f"{'abc'[label]}/{number}.png" for number, label in enumerate(labels.tolist())]
    if heads:
        labels = torch.stack([labels == 0, labels > 0], 1).long()
    return Samples(inputs, labels if labelled else torch.full_like(labels, -1), None, ids)


class Squares(Source):
    channels, size, class_names = 1, 8, ("dark", "light")

    def images(self, part):
        labels = np.arange(40) % 2
        pixels = np.zeros((40, 1, 8, 8), np.uint8) + (labels * 255).astype(np.uint8)[:, None, None, None]
        return Images(pixels, labels, np.arange(40))

    def identity(self):
        return "squares"


class Other(PlainImages):
    pass


class Mine(TrainedTask):
    name, data, splits = "mine", "xaiplug_trainers.data.own:Own", ("train", "val", "test")
    configuration = {"model": {"network": "NAME:Net"}, "data": {"dataset": {"init_args": {"data": "NAME:dots"}}}}
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A module of its own for each test."""
    name = f"mine_{request.node.name}"
    (tmp_path / f"{name}.py").write_text(MINE.replace("NAME", name))
    monkeypatch.syspath_prepend(tmp_path)
    return name


def test_a_network_is_told_what_it_asks_for(mine):
    expected = (f"{mine}:Net", {"in_channels": 3, "num_classes": 5, "width": 2})
    assert kwargs_for(f"{mine}:Net", (3, 8, 8), 5, {"width": 2}) == expected
    assert kwargs_for(f"{mine}:make", (3, 8, 8), 5, {})[1] == {"channels": 3, "classes": 5}
    assert split({"class_path": "a.b.C", "init_args": {"x": 1}}, {"y": 2}) == ("a.b:C", {"x": 1, "y": 2})
    with pytest.raises(DataError, match="expected a name or class_path"):
        split({"class": "a.b.C"})


def test_a_network_that_does_not_fit_is_refused(mine):
    with pytest.raises(DataError, match=r"gives \(2, 4\) for 2 inputs of \(3, 8, 8\).*need \(2, 5\): network_params"):
        build(f"{mine}:Net", {"in_channels": 3, "num_classes": 4}, (3, 8, 8), 5)
    with pytest.raises(DataError, match="fails on inputs"):
        build(f"{mine}:Net", {"in_channels": 1, "num_classes": 5}, (3, 8, 8), 5)
    with pytest.raises(DataError, match=r"there is no 'widht'.*did you mean 'width'"):
        build(f"{mine}:Net", {"widht": 4})
    with pytest.raises(DataError, match="cannot be made"):
        build(f"{mine}:Net", {"num_classes": 4})
    with pytest.raises(DataError, match="gives a int, no torch"):
        build(f"{mine}:number", {"classes": 4})
    for name, reason in (("no_such_module:Net", "No module"), (f"{mine}:Nte", "no attribute")):
        with pytest.raises(DataError, match=f"cannot be imported: .*{reason}"):
            kwargs_for(name, (3, 8, 8), 5, {})


def test_the_trial_of_a_network_leaves_it_in_training(mine):
    assert build(f"{mine}:Net", {"in_channels": 3, "num_classes": 5}, (3, 8, 8), 5).training


def test_losses_of_ours_and_of_others(mine):
    outputs, labels = torch.randn(6, 3, generator=torch.Generator().manual_seed(0)), torch.arange(6) % 3
    plain = cross_entropy(outputs, labels)
    assert loss_of(f"{mine}:loss", {"scale": 3.0})(outputs, labels) == pytest.approx(3 * plain)
    assert loss_of({"class_path": "torch.nn.CrossEntropyLoss"})(outputs, labels) == plain
    smooth = loss_of("cross-entropy", {"label_smoothing": 0.2, "weights": [1, 2, 3]})(outputs, labels)
    assert smooth == cross_entropy(outputs, labels, torch.tensor([1.0, 2, 3]), label_smoothing=0.2)
    with pytest.raises(DataError, match=r"2 weights for 3 classes"):
        loss_of("cross-entropy", {"weights": [1, 2]})(outputs, labels)
    with pytest.raises(DataError, match=r"takes label_smoothing, weights; there is no 'weight'"):
        loss_of("cross-entropy", {"weight": [1, 2]})
    with pytest.raises(DataError, match=r"the losses are .*did you mean 'cross-entropy'"):
        loss_of("cross-entrpy")


def test_smoothed_heads_and_their_weights():
    outputs, labels = torch.tensor([[0.3, -1.0]]), torch.tensor([[1, 0]])
    p = outputs.double().sigmoid()
    wanted = torch.tensor([[0.9, 0.1]])
    terms = -(torch.tensor([2.0, 3.0]) * wanted * p.log() + (1 - wanted) * (1 - p).log())
    found = loss_of("binary-cross-entropy", {"label_smoothing": 0.2, "weights": [2, 3]})(outputs, labels)
    assert found.item() == pytest.approx(terms.mean().item())


def test_a_wheel_offers_a_network_by_a_name(mine, tmp_path):
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[xaiplug_trainers.networks]\ntheir-net = {mine}:Net\n")
    assert kwargs_for("their-net", (3, 8, 8), 5, {})[0] == f"{mine}:Net"
    with pytest.raises(DataError, match=r"small-cnn.*their-net, or module:attribute.*did you mean 'their-net'"):
        kwargs_for("their-nt", (3, 8, 8), 5, {})


def test_a_source_of_ones_own(mine):
    samples = mnist.samples("test", source=f"{mine}:Squares")
    assert samples.inputs.shape == (40, 1, 8, 8)
    assert mnist.key(source=f"{mine}:Squares") != mnist.key()
    with pytest.raises(DataError, match="is no subclass of xaiplug_trainers"):
        mnist.samples("test", source=f"{mine}:Mine")


def test_own_samples_are_divided_evenly_and_named_by_their_folders(mine):
    data = own.load_data(own.config(data=f"{mine}:dots"))
    parts = {name: data.samples(name) for name in data.splits}
    assert {name: torch.bincount(part.labels).tolist() for name, part in parts.items()} == {
        "train": [7, 7, 7],
        "val": [1, 1, 1],
        "test": [2, 2, 2],
    }
    assert len({one for part in parts.values() for one in part.ids}) == 30
    assert data.class_names == ("a", "b", "c")
    assert data.geometry.shape == (1, 8, 8)
    heads = own.load_data(own.config(data=f"{mine}:dots", data_params={"heads": True}))
    assert (heads.geometry.outputs, heads.geometry.output) == (2, "sigmoid")
    assert len(heads.samples("test")) == 6


def test_own_samples_that_will_not_do_are_refused(mine):
    with pytest.raises(DataError, match="say which data: --set data=folder:photos"):
        own.key()
    with pytest.raises(DataError, match="30 samples have no label"):
        own.key(data=f"{mine}:dots", data_params={"labelled": False})
    with pytest.raises(DataError, match="train_split and test_split, or neither"):
        own.key(data=f"{mine}:dots", train_split="train")
    with pytest.raises(DataError, match=r"too few to take a share of 0\.01"):
        own.samples("val", data=f"{mine}:dots", val_share=0.01)


def test_the_key_follows_the_code_of_others(mine, tmp_path):
    (tmp_path / f"{mine}_too.py").write_text(MINE.replace("width=4", "width=5"))
    settings = {"data": f"{mine}:dots"}
    keys = {own.key(**settings, network=f"{name}:Net") for name in (mine, f"{mine}_too")}
    config = own.config(**settings, network=f"{mine}:Net")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xaiplug_trainers.task.foreign_code", lambda _: {"other": "code"})
        keys.add(own.key_of(config))
    assert len(keys | {own.key(**settings)}) == 4


def test_a_training_of_ones_own_is_read_where_it_is_named(mine, tmp_path):
    settings = {"data": f"{mine}:dots", "network": f"{mine}:make", "max_epochs": 1, "batch_size": 8}
    path = own.train(tmp_path / "out", SHORT, **settings)
    described = card(path)
    assert (described["module"], described["task"]) == (f"{mine}:make", "own")
    assert described["class_names"] == ["a", "b", "c"]
    assert own.load(path, **settings)(torch.zeros(1, 1, 8, 8)).shape == (1, 3)
    for others in ({}, {**settings, "network": f"{mine}:Net"}, {**settings, "network": "small-cnn"}):
        with pytest.raises(DataError, match="if you trust it"):
            own.load(path, **others)
    assert xaiplug.load_model(f"file:{path}", trust=True).class_names == ("a", "b", "c")


def test_a_task_by_the_name_of_its_class(mine, tmp_path):
    task = task_of(f"{mine}:Mine")
    path = task.train(tmp_path / "out", SHORT, max_epochs=1)
    assert card(path)["task"] == "mine"
    assert task.load(path)(torch.zeros(1, 1, 8, 8)).shape == (1, 3)
    for wrong in (f"{mine}:dots", f"{mine}:nothing"):
        with pytest.raises(PluginError):
            task_of(wrong)


def test_the_card_names_the_data_that_arguments_put_in_place(mine, tmp_path):
    there = [*SHORT, f"--data.dataset={mine}.Other", "--data.dataset.source=digits", "--trainer.max_epochs=1"]
    assert card(mnist.train(tmp_path / "other", there))["task"] == f"{mine}:Other"


def test_a_configuration_in_a_file(tmp_path):
    from xaiplug_trainers.config import read

    (tmp_path / "mine.yaml").write_text("model: {network: mlp}\n")
    assert read("mine", tmp_path / "mine.yaml") == {"model": {"network": "mlp"}}
    (tmp_path / "list.yaml").write_text("[1]\n")
    for name, reason in (("list.yaml", "no mapping"), ("none.yaml", "cannot be read")):
        with pytest.raises(DataError, match=reason):
            read("mine", tmp_path / name)
