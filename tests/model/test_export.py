"""Networks on disk: what is written is read back, and nothing that was changed, or is not trusted."""

import pytest
import torch
import yaml
from torch import nn

from xaiplug.errors import DataError, ModelError, StoreError
from xaiplug.model import Model
from xaiplug.model.export import load_export, save_export


@pytest.fixture
def exported(tmp_path):
    facts = {"mean": (0.5,), "std": (0.25,), "input_range": (0.0, 1.0), "class_names": ("a", "b"), "name": "line"}
    model = Model(nn.Linear(3, 2), output="sigmoid", **facts)
    return model, save_export(model, tmp_path / "out", in_features=3, out_features=2)


def test_what_is_written_is_read_back(exported):
    model, path = exported
    read = load_export(path, trust=True)
    assert read.fingerprint() == model.fingerprint()
    assert (read.class_names, read.name, read.output) == (model.class_names, "line", "sigmoid")
    assert load_export(path.parent, packages=("torch",)).fingerprint() == model.fingerprint()
    assert sorted(file.name for file in path.parent.iterdir()) == ["model.safetensors", "model.yaml"]


@pytest.mark.parametrize("packages", [(), ("torc",), ("torch.nn",), ("xaiplug",)])
def test_networks_of_other_packages_are_not_built(exported, packages):
    with pytest.raises(DataError, match=r"would import torch\.nn"):
        load_export(exported[1], packages=packages)


def test_a_file_that_was_changed_is_refused(exported):
    _, path = exported
    weights = path.with_name("model.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(
        DataError, match=r"is not the file that was exported: sha256 [0-9a-f]{12}, expected [0-9a-f]{12}$"
    ):
        load_export(path, trust=True)
    weights.unlink()
    with pytest.raises(DataError, match="which is not beside it"):
        load_export(path, trust=True)
    path.write_text(yaml.safe_dump({"format": 2}))
    with pytest.raises(DataError, match="no model export of format 1"):
        load_export(path, trust=True)
    with pytest.raises(DataError, match="no model at"):
        load_export(path.parent / "elsewhere", trust=True)


def test_an_older_card_does_not_describe_newer_weights(exported, monkeypatch):
    model, path = exported

    def full(*_):
        raise StoreError("the disk is full")

    monkeypatch.setattr("xaiplug.model.export.write_atomically", full)
    with pytest.raises(StoreError):
        save_export(model, path.parent, in_features=3, out_features=2)
    assert not path.exists()


class Tied(nn.Module):
    """Two names of one layer."""

    def __init__(self):
        super().__init__()
        self.one = nn.Linear(2, 2)
        self.other = self.one

    def forward(self, x):
        return self.other(self.one(x))


def test_layers_that_share_their_weights_are_written(tmp_path):
    network = Tied()
    read = load_export(save_export(Model(network), tmp_path), trust=True)
    assert torch.equal(read.network.one.weight, network.one.weight)


def test_a_network_that_no_import_reaches_is_refused_before_anything_is_written(tmp_path):
    class Inside(nn.Identity):
        """Of a function."""

    with pytest.raises(ModelError, match="is inside of something"):
        save_export(Model(Inside()), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": None}, "weights: Input should be a valid string"),
        ({"sha256": 3}, "sha256: Input should be a valid string"),
        ({"module": ["torch.nn:Linear"]}, "module: Input should be a valid string"),
        ({"kwargs": [1]}, "kwargs: Input should be a valid dictionary"),
        ({"kwargs": {"no_such": 1}}, "cannot be built as it says"),
        ({"kwargs": {"in_features": 9, "out_features": 9}}, "cannot be built as it says"),
        ({"mean": "a"}, "mean: Input should be a valid list"),
        ({"input_range": [0]}, "input_range"),
        ({"output": "relu"}, "output: Input should be 'softmax' or 'sigmoid'"),
        ({"module": "torch.nn:NoSuch"}, "cannot be imported"),
        ({"module": "torch.no_such:A"}, "cannot be imported"),
    ],
)
def test_a_card_that_is_not_what_it_should_be_is_a_data_error(exported, change, message):
    path = exported[1]
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | change))
    with pytest.raises(DataError, match=message):
        load_export(path, packages=("torch",))


@pytest.mark.parametrize("module", ["torch.hub:load", "torch:load", "torch.nn:functional", "torch.serialization:os"])
def test_a_card_calls_no_function_of_a_trusted_package(exported, module):
    path = exported[1]
    card = yaml.safe_load(path.read_text()) | {"module": module, "kwargs": {"f": "x"}}
    path.write_text(yaml.safe_dump(card))
    with pytest.raises(DataError, match="is no class of networks of its own"):
        load_export(path, packages=("torch",))


def test_a_trusted_package_lends_no_class_that_it_imports(exported):
    path = exported[1]
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"module": "xaiplug.model.adapter:nn.Linear"}))
    with pytest.raises(DataError, match="cannot be imported"):
        load_export(path, packages=("xaiplug",))


@pytest.mark.parametrize("text", ["- 1", "\x00", "a: [", "!!python/object:os.system x", "[" * 3000])
def test_a_card_that_is_no_card_is_a_data_error(exported, text):
    exported[1].write_text(text)
    with pytest.raises(DataError):
        load_export(exported[1])
