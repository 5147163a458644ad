"""Questions as word vectors."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from xaiplug.errors import DataError
from xaiplug_trainers.data.trec import question_of
from xaiplug_trainers.data.words import vector
from xaiplug_trainers.evaluate import accuracy, predictions
from xaiplug_trainers.tasks import trec

LINES = [
    "HUM:ind Who wrote it ?",
    "LOC:other Where is Rhône ?",
    "NUM:count How many are there of them all in all today , tell me ?",
]


@pytest.fixture
def small(tmp_path: Path) -> dict[str, str]:
    """TREC's two files, with thirty and three questions."""
    (tmp_path / "trec").mkdir()
    for name, lines in (("train_5500.label", LINES * 10), ("TREC_10.label", LINES)):
        (tmp_path / "trec" / name).write_text("\n".join(lines) + "\n", encoding="latin-1")
    return {"data_root": str(tmp_path)}


def test_words_are_vectors_and_padding_is_zero(small):
    samples = trec.samples("test", dimensions=50, **small)
    assert samples.inputs.shape == (3, 37, 50)
    assert samples.labels.tolist() == [3, 4, 5]
    assert samples.extras["words"].tolist() == [4, 4, 14]
    assert torch.allclose(samples.inputs[0, :4].square().mean(1).sqrt(), torch.tensor(0.25), atol=1e-6)
    assert not samples.inputs[0, 4:].any()
    assert torch.equal(samples.inputs[0, 3], samples.inputs[1, 3])  # the same word
    assert [question_of(row) for row in samples.extras["text"]] == [line.split(" ")[1:] for line in LINES]


def test_splits_share_no_question(small):
    train, val = trec.samples("train", **small), trec.samples("val", **small)
    assert (len(train), len(val)) == (27, 3)
    assert not set(train.ids) & set(val.ids)


def test_vectors_go_by_spelling():
    one, other, far = (vector(word, 300) for word in ("microprocessor", "microprocessors", "Denver"))
    size = one @ one
    assert one @ other > 0.6 * size > 0.2 * size > abs(one @ far)
    assert 0.6 * size < vector("Who", 300) @ vector("who", 300) < 0.95 * size
    assert np.array_equal(vector("who", 300), vector.__wrapped__("who", 300))


def test_missing_and_broken_files_say_what_to_do(tmp_path: Path, small):
    with pytest.raises(DataError, match=r"train_5500\.label.*Put train_5500\.label and TREC_10\.label"):
        trec.key(data_root=str(tmp_path / "nowhere"))
    Path(small["data_root"], "trec", "TREC_10.label").write_text("What ?\n")
    with pytest.raises(DataError, match=r"TREC_10\.label:1: no line"):
        trec.samples("test", **small)


@pytest.mark.data
@pytest.mark.skipif("XAIPLUG_DATA" not in os.environ, reason="XAIPLUG_DATA is not set")
def test_real_files():
    if not (Path(os.environ["XAIPLUG_DATA"]) / "trec").is_dir():
        pytest.skip("no trec/ below XAIPLUG_DATA")
    train, test = trec.samples("train", dimensions=8), trec.samples("test", dimensions=8)
    assert (len(train), len(test)) == (4907, 500)
    assert int(train.extras["words"].max()) == 37
    shown = train.extras["figure_8"]
    questions = {int(shown[row]): question_of(train.extras["text"][row]) for row in shown.nonzero().flatten()}
    assert sorted(questions) == list(range(1, 11))
    assert " ".join(questions[2]) == "Where did guinea pigs originate ?"


@pytest.mark.data
@pytest.mark.skipif("XAIPLUG_DATA" not in os.environ, reason="XAIPLUG_DATA is not set")
def test_a_short_training_is_well_above_chance(tmp_path: Path):
    import xaiplug

    short = {"dimensions": 64, "max_epochs": 3, "lr": 0.002, "network_params": {"filters": 50}}
    path = trec.train(tmp_path, ["--trainer.enable_progress_bar=false"], **short)
    model, samples = xaiplug.load_model(f"file:{path}"), trec.samples("test", dimensions=64)
    assert accuracy(predictions(model.module, samples.inputs), samples.labels) >= 0.55
