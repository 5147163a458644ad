"""Real data is found where it should lie, and its absence is explained."""

import gzip
import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import CIFAR10

from xaiplug.errors import DataError
from xaiplug_trainers.sources import blocks, draw, open_source, stratified
from xaiplug_trainers.sources.mnist import read_idx
from xaiplug_trainers.tasks import cifar10, mnist


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes() + array.tobytes()


def write_mnist(folder: Path, zipped: bool) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for stem, count in (("train", 60), ("t10k", 20)):
        files = {
            f"{stem}-images-idx3-ubyte": rng.integers(0, 256, (count, 28, 28), dtype=np.uint8),
            f"{stem}-labels-idx1-ubyte": (np.arange(count) % 10).astype(np.uint8),
        }
        for name, array in files.items():
            content = gzip.compress(idx(array), mtime=0) if zipped else idx(array)
            (folder / f"{name}{'.gz' if zipped else ''}").write_bytes(content)


@pytest.mark.parametrize(("folder", "zipped"), [("mnist", True), ("MNIST/raw", False)])
def test_mnist_is_read_from_both_layouts(tmp_path: Path, folder, zipped):
    write_mnist(tmp_path / folder, zipped)
    samples = mnist.samples("test", source="mnist", data_root=str(tmp_path))
    assert samples.inputs.shape == (20, 1, 28, 28)
    assert samples.labels.tolist() == [i % 10 for i in range(20)]


def test_the_environment_variable_is_a_root_and_the_key_follows_the_content(tmp_path: Path, monkeypatch):
    write_mnist(tmp_path / "a" / "mnist", zipped=True)
    write_mnist(tmp_path / "b" / "mnist", zipped=True)
    monkeypatch.setenv("XAIPLUG_DATA", str(tmp_path / "a"))
    key = mnist.key(source="mnist")
    assert mnist.key(source="mnist", data_root=str(tmp_path / "b")) == key
    (tmp_path / "b/mnist/t10k-labels-idx1-ubyte.gz").write_bytes(
        gzip.compress(idx(np.zeros(20, dtype=np.uint8)), mtime=0)
    )
    assert mnist.key(source="mnist", data_root=str(tmp_path / "b")) != key


def test_a_missing_source_says_what_where_and_how(tmp_path: Path, monkeypatch):
    monkeypatch.delenv("XAIPLUG_DATA", raising=False)
    with pytest.raises(
        DataError, match=r"(?s)MNIST's train-images.*neither data_root nor XAIPLUG_DATA.*download: true"
    ):
        mnist.samples("train", source="mnist")
    with pytest.raises(DataError) as caught:
        cifar10.key(source="cifar10", data_root=str(tmp_path))
    assert str(tmp_path / "cifar10" / "cifar-10-batches-py") in str(caught.value)
    assert "cifar10.npz" in str(caught.value)


def test_a_broken_file_is_refused(tmp_path: Path):
    path = tmp_path / "labels"
    for content in (b"", b"hello world", idx(np.zeros(10, dtype=np.uint8))[:-1]):
        path.write_bytes(content)
        with pytest.raises(DataError, match="no whole IDX file"):
            read_idx(path)


def test_cifar_npz_keeps_official_numbers(tmp_path: Path):
    labels = np.arange(40) % 10
    pixels = np.zeros((40, 32, 32, 3), dtype=np.uint8)
    pixels[..., 0] = 255
    (tmp_path / "cifar10").mkdir()
    np.savez(
        tmp_path / "cifar10" / "cifar10.npz",
        x_train=pixels, y_train=labels, idx_train=np.arange(40) + 100, x_test=pixels[:10], y_test=labels[:10],
    )  # fmt: skip
    samples = cifar10.samples("train", source="cifar10", data_root=str(tmp_path))
    assert samples.ids[0] == "cifar10-train-100"
    assert samples.inputs[0, :, 0, 0].tolist() == [1, 0, 0]
    np.savez(tmp_path / "cifar10" / "cifar10.npz", x_train=pixels)
    with pytest.raises(DataError, match="lacks x_test, y_test, y_train"):
        cifar10.samples("train", source="cifar10", data_root=str(tmp_path))


@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_embedded_sources_are_fixed(name):
    """The same bytes on every machine: a change here is a change of the data and of every key."""
    source = open_source(name)
    train, test = source.images("train"), source.images("test")
    assert train.pixels.shape[1:] == (source.channels, source.size, source.size)
    sums = {"digits": (1438, 359), "shapes": (6000, 1000)}
    assert (len(train), len(test)) == sums[name]
    assert not {x.tobytes() for x in train.pixels} & {x.tobytes() for x in test.pixels}


def test_divisions_are_stratified():
    labels = np.repeat(np.arange(3), [10, 20, 30])
    kept, taken = stratified(labels, share=0.5, seed=1)
    assert np.bincount(labels[taken]).tolist() == [5, 10, 15]
    assert sorted([*kept, *taken]) == list(range(60))
    for block in range(4):
        assert np.ptp(np.bincount(labels[blocks(labels, 4, seed=1) == block]) - [2.5, 5, 7.5]) <= 1
    assert np.bincount(draw(25, 10, seed=0)).max() == 3


def write_batches(folder: Path, monkeypatch: pytest.MonkeyPatch, per_file: int = 4) -> np.ndarray:
    """torchvision's layout with `per_file` images a file, and torchvision told their hashes; all training pixels."""
    folder.mkdir(parents=True)
    draw = np.random.default_rng(0)
    hashes, pixels = {}, []
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"):
        batch = draw.integers(0, 256, (per_file, 3072), dtype=np.uint8)
        what = {"label_names": list("0123456789")} if name == "batches.meta" else {}
        text = pickle.dumps(what or {"data": batch, "labels": [int(i) for i in range(per_file)]})
        (folder / name).write_bytes(text)
        hashes[name] = hashlib.md5(text).hexdigest()
        if name.startswith("data"):
            pixels.append(batch.reshape(-1, 3, 32, 32))
    train = [[name, value] for name, value in hashes.items() if name.startswith("data")]
    monkeypatch.setattr(CIFAR10, "train_list", train)
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", hashes["test_batch"]]])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": hashes["batches.meta"]})
    return np.concatenate(pixels)


def test_cifar_in_torchvisions_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "cifar10" / "cifar-10-batches-py"
    pixels = write_batches(folder, monkeypatch)
    images = open_source("cifar10", str(tmp_path), False).images("train")
    assert (images.pixels == pixels).all()
    assert images.labels.tolist() == [0, 1, 2, 3] * 5
    with (folder / "data_batch_3").open("ab") as file:
        file.write(b"changed")
    with pytest.raises(DataError, match="incomplete or changed"):
        open_source("cifar10", str(tmp_path), False).images("train")
