"""CelebA's forty heads, on a tiny folder laid out like it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from exported import card
from PIL import Image

import xaiplug
from xaiplug.errors import DataError
from xaiplug_trainers.losses import loss_of
from xaiplug_trainers.tasks import celeba

NAMES = [f"Attribute_{n}" for n in range(38)] + ["Smiling", "Bright"]
SMALL = {"size": 16, "network": "small-cnn", "network_params": {"width": 4, "hidden": 8}, "max_epochs": 1}


@pytest.fixture
def faces(tmp_path: Path) -> dict[str, str]:
    """Thirty faces of 24 x 32 pixels; the last attribute is whether a face is bright, the one before changes."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "celeba"
    (folder / "img_align_celeba").mkdir(parents=True)
    attributes, partition = ["30", " ".join(NAMES)], []
    for number in range(30):
        name = f"{number + 1:06d}.jpg"
        bright, smiles = number % 2, number % 3 == 0
        pixels = rng.integers(0, 60, (32, 24, 3)) + 180 * bright
        Image.fromarray(pixels.astype(np.uint8)).save(folder / "img_align_celeba" / name)
        values = [*rng.choice([-1, 1], 38), 1 if smiles else -1, 1 if bright else -1]
        attributes.append(f"{name}  " + " ".join(f"{value:2d}" for value in values))
        partition.append(f"{name} {0 if number < 20 else 1 if number < 25 else 2}")
    (folder / "list_attr_celeba.txt").write_text("\n".join(attributes) + "\n")
    (folder / "list_eval_partition.txt").write_text("\n".join(partition) + "\n")
    return {"data_root": str(tmp_path)}


def test_labels_are_forty_answers_and_columns_can_be_tagged(faces):
    train, test = celeba.samples("train", size=16, **faces), celeba.samples("test", size=16, **faces)
    assert (len(train), len(test)) == (20, 5)
    assert train.inputs.shape == (20, 3, 16, 16)
    assert train.labels.shape == (20, 40)
    assert train.labels.unique().tolist() == [0, 1]
    assert torch.equal(train.extras["Bright"], train.inputs.mean((1, 2, 3)) > 0.4)
    assert torch.equal(train.extras["Smiling"].long(), train.labels[:, 38])
    assert len(celeba.samples("train", size=16, train_size=7, **faces)) == 7


def test_trains_and_is_explained_head_by_head(faces, tmp_path: Path):
    path = celeba.train(tmp_path / "out", **SMALL, **faces)
    described = card(path)
    assert described["output"] == "sigmoid"
    assert described["confusion"] is None
    assert 0 <= described["metrics"]["test"] <= 1
    model = xaiplug.load_model(f"file:{path}")
    assert model.class_names == tuple(NAMES)
    samples, pool = (celeba.samples(split, size=16, **faces) for split in ("test", "train"))
    ex = xaiplug.explain(
        model, samples.inputs, "ig2", target="Bright", references=("nearest-labels", {"n": 2}), pool=pool, steps=3
    )
    assert ex.attribution.shape == samples.inputs.shape
    assert ex.target.index.tolist() == [39] * 5


def test_pixels_are_mapped_and_give_the_same_network(faces, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("XAIPLUG_CACHE", str(tmp_path / "cache"))
    held = card(celeba.train(tmp_path / "held", **SMALL, **faces))
    assert not (tmp_path / "cache").exists()
    mapped = card(celeba.train(tmp_path / "mapped", **SMALL, **faces, memory_map=True))
    for same in ("sha256", "key", "metrics"):
        assert held[same] == mapped[same]
    rows = celeba.load_data(celeba.config(size=16, memory_map=True, **faces)).rows("test")
    assert isinstance(rows.pixels, np.memmap)
    assert rows.pixels.shape == (5, 3, 16, 16)
    monkeypatch.setattr("xaiplug_trainers.data.celeba._face", None)  # read once, from then on mapped
    assert card(celeba.train(tmp_path / "again", **SMALL, **faces, memory_map=True))["sha256"] == held["sha256"]


def test_the_part_that_tells_an_attribute_is_relevant(faces):
    with pytest.raises(DataError, match=r"masks of 'mouth' is not there.*face parser"):
        celeba.samples("test", size=16, truth="Smiling", **faces)
    with pytest.raises(DataError, match=r"no part of the face tells 'Smilin'; did you mean 'Smiling'"):
        celeba.samples("test", truth="Smilin", **faces)
    folder = Path(faces["data_root"]) / "celeba" / "parsing" / "mouth"
    folder.mkdir(parents=True)
    mask = np.zeros((32, 24), dtype=np.uint8)
    mask[16:28, 6:18] = 255
    Image.fromarray(mask).save(folder / "000026.png")
    relevant = celeba.samples("test", size=24, truth="Smiling", **faces).relevant
    assert relevant[0].nonzero().amin(0).tolist() == [12, 6]  # the middle 24 rows begin at row 4
    assert relevant[0].sum() == 144
    assert not relevant[1:].any()


def test_every_head_counts_in_the_loss():
    outputs, labels = torch.zeros(2, 3), torch.tensor([[0, 1, 1], [1, 0, 0]])
    assert loss_of("binary-cross-entropy")(outputs, labels).item() == pytest.approx(np.log(2))


def test_what_is_missing_is_said(faces, tmp_path: Path):
    with pytest.raises(DataError, match=r"list_attr_celeba\.txt is not there.*Get CelebA"):
        celeba.key(data_root=str(tmp_path / "nowhere"))
    folder = Path(faces["data_root"]) / "celeba"
    (folder / "list_attr_celeba.txt").write_text("1\nSmiling Bright\n000001.jpg 1\n")
    with pytest.raises(DataError, match="is no list of attributes"):
        celeba.samples("train", **faces)
