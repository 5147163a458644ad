"""What is planted is where it is said to be, and a network that does not lean on it is refused."""

import pytest
import torch
from exported import card

from xaiplug.errors import DataError
from xaiplug_trainers.data.backdoor import Backdoor
from xaiplug_trainers.data.base import TaskData
from xaiplug_trainers.data.watermark import Watermark
from xaiplug_trainers.tasks import backdoor, watermark

PLACED = ["patch", "blend"]
DROPPED = {"test": 0.9, "test-removed": 0.05, "test-clean": 0.9}


@pytest.mark.parametrize("trigger", [*PLACED, "warp"])
def test_the_trigger_and_its_absence(trigger):
    planted, plain = (backdoor.samples(split, trigger=trigger, goal=3) for split in ("test", "test-removed"))
    assert planted.ids == plain.ids
    assert (planted.labels == 3).all()
    assert (plain.labels == 3).all()
    assert (planted.extras["label"] != 3).all()
    changed = (planted.inputs != plain.inputs).any(1)
    assert changed.flatten(1).any(1).all()
    assert planted.inputs.min() >= 0
    assert planted.inputs.max() <= 1
    assert plain.says == ()
    if trigger == "warp":
        assert planted.says == ()
    else:
        assert planted.says == ("where",)
        assert not (changed & ~planted.relevant).any()
        assert 0 < planted.relevant.double().mean() < 0.3


@pytest.mark.parametrize("trigger", PLACED)
def test_a_share_of_training_images_has_it(trigger):
    samples = backdoor.samples("train", trigger=trigger, share=0.25)
    poisoned = samples.relevant.flatten(1).any(1)
    assert int(poisoned.sum()) == round(0.25 * len(samples))
    assert (samples.labels[poisoned] == 0).all()
    assert (samples.extras["label"][poisoned] != 0).all()
    assert torch.equal(samples.labels[~poisoned], samples.extras["label"][~poisoned])


def test_clean_images_are_clean():
    samples = backdoor.samples("test-clean")
    assert not samples.relevant.any()
    assert torch.equal(samples.labels, samples.extras["label"])
    assert samples.labels.unique().tolist() == list(range(10))


def test_a_network_that_leans_too_little_is_refused():
    Backdoor().accept(DROPPED)
    with pytest.raises(DataError, match=r"misses the threshold of 0.9 by 0.050.*max_epochs"):
        Backdoor(threshold=0.9).accept(DROPPED)
    with pytest.raises(DataError, match=r"1\.000 of the images with it and to 1\.000"):
        Backdoor().accept({"test": 1.0, "test-removed": 1.0, "test-clean": 0.1})


def test_other_data_accept_every_network():
    assert TaskData.accept(Backdoor(), {}) is None


def test_what_cannot_be_is_refused():
    with pytest.raises(DataError, match="goal must be a class below 10"):
        backdoor.key(goal=10)
    with pytest.raises(DataError, match="share must be between"):
        backdoor.key(share=0.0)

    with pytest.raises(DataError, match="did you mean 'patch'"):
        backdoor.key(trigger="pach")
    with pytest.raises(DataError, match="threshold must be"):
        watermark.key(threshold=0.0)


def test_the_watermark_is_on_one_class_and_no_label_is_wrong():
    samples = watermark.samples("train", goal=4)
    marked = samples.relevant.flatten(1).any(1)
    assert torch.equal(marked, samples.labels == 4)
    assert torch.equal(samples.labels, samples.extras["label"])
    planted, plain = (watermark.samples(split, goal=4) for split in ("test", "test-removed"))
    changed = (planted.inputs != plain.inputs).any(1)
    assert changed.flatten(1).any(1).all()
    assert not (changed & ~planted.relevant).any()
    assert planted.relevant.sum((1, 2)).unique().tolist() == [55]
    assert (planted.extras["label"] != 4).all()
    assert planted.inputs.max() <= 1


def test_a_large_photo_has_a_large_mark():
    marked, where = Watermark().place(torch.zeros(1, 3, 64, 64))
    assert int(where.sum()) == 4 * 55
    assert not marked[:, :, ~where].any()


@pytest.mark.data
def test_the_watermark_on_photos():
    samples = watermark.samples("test", source="photos", goal=0)
    assert samples.inputs.shape[1:] == (3, 64, 64)
    assert samples.says == ("where",)


def test_a_refused_network_is_not_there(tmp_path):
    short = ["--trainer.max_epochs=1", "--trainer.limit_train_batches=1", "--trainer.enable_progress_bar=false"]
    with pytest.raises(DataError, match="Nothing was exported"):
        backdoor.train(tmp_path, short)
    assert not (tmp_path / "model.yaml").exists()
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize("trigger", [*PLACED, "warp"])
def test_a_short_training_plants_a_trigger(trigger, tmp_path):
    metrics = card(backdoor.train(tmp_path, trigger=trigger, max_epochs=4, lr=0.003, batch_size=32))["metrics"]
    assert metrics["test"] - metrics["test-removed"] >= 0.8
    assert metrics["test-clean"] >= 0.8


def test_a_short_training_plants_a_watermark(tmp_path):
    metrics = card(watermark.train(tmp_path, max_epochs=3, lr=0.002))["metrics"]
    assert metrics["test"] - metrics["test-removed"] >= 0.8
