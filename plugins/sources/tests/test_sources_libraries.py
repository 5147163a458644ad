"""`torchvision:` and `timm:` models take normalisation, size and classes from their library; nothing is downloaded."""

import pytest
import torch
from safetensors.torch import save_file

import xaiplug
from xaiplug.errors import DataError, ModelError

timm = pytest.importorskip("timm")
torchvision = pytest.importorskip("torchvision")


@pytest.fixture
def published(monkeypatch):
    """Untrained weights in place of those that would be downloaded."""
    create = timm.create_model
    monkeypatch.setattr("timm.create_model", lambda name, pretrained=False, **further: create(name, **further))
    monkeypatch.setattr(
        "torchvision.models._api.load_state_dict_from_url",
        lambda url, **_: torchvision.models.squeezenet1_1(weights=None).state_dict(),
    )


def test_torchvision_says_normalisation_size_and_classes(published):
    model = xaiplug.load_model("torchvision:squeezenet1_1")
    assert (model.mean, model.std, model.size) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), (224, 224))
    assert model.class_names[:2] == ("tench", "goldfish")
    assert model.input_range == (0.0, 1.0)


@pytest.mark.parametrize(
    ("name", "mean", "size", "first"),
    [
        ("mobilenetv3_small_050", 0.485, (224, 224), "tench, Tinca tinca"),
        ("vit_tiny_patch16_224.augreg_in21k_ft_in1k", 0.5, (224, 224), "tench, Tinca tinca"),
    ],
)
def test_timm_says_normalisation_size_and_classes(published, name, mean, size, first):
    model = xaiplug.load_model(f"timm:{name}")
    assert (model.mean[0], model.size, model.class_names[0], len(model.class_names)) == (mean, size, first, 1000)


def test_another_classifier_has_no_published_classes(published):
    assert xaiplug.load_model("timm:mobilenetv3_small_050", num_classes=7).class_names is None


def test_a_network_without_a_classifier_is_refused(published):
    with pytest.raises(ModelError, match="without a classifier"):
        xaiplug.load_model("timm:mobilenetv3_small_050", num_classes=0)


@pytest.mark.parametrize("reference", ["torchvision:squeezenet1_1", "timm:mobilenetv3_small_050"])
def test_own_weights_are_normalised_as_the_published_ones_and_that_is_said(reference, tmp_path):
    save_file(xaiplug.load_model(reference, weights=None).network.state_dict(), tmp_path / "own.safetensors")
    own = str(tmp_path / "own.safetensors")
    with pytest.warns(UserWarning, match="says nothing of mean and std") as told:
        model = xaiplug.load_model(reference, weights=own)
    assert model.mean == (0.485, 0.456, 0.406)
    assert model.class_names is None
    assert [warning.filename for warning in told] == [__file__]
    assert xaiplug.load_model(reference, weights=own, mean=[0.5] * 3, std=[0.5] * 3).mean == (0.5,) * 3


@pytest.mark.parametrize("reference", ["torchvision:squeezenet1_1", "timm:mobilenetv3_small_050"])
@pytest.mark.parametrize("content", [b"", b"no weights", None])
def test_a_file_that_holds_other_weights(reference, content, tmp_path):
    path = tmp_path / "own.safetensors"
    path.write_bytes(content) if content is not None else save_file({"a": torch.ones(2)}, path)
    with pytest.raises(DataError, match="holds no weights of this network"):
        xaiplug.load_model(reference, weights=str(path))


@pytest.mark.parametrize("library", ["torchvision", "timm"])
def test_what_the_library_refuses_is_one_line(library):
    name = {"torchvision": "squeezenet1_1", "timm": "mobilenetv3_small_050"}[library]
    for reference, params in ((f"{library}:{name}", {"wrong": 1}), (f"{library}:no_such_network", {})):
        with pytest.raises(ModelError) as told:
            xaiplug.load_model(reference, weights=None, **params)
        assert "\n" not in str(told.value)


def test_a_network_that_does_not_classify_is_refused():
    with pytest.raises(ModelError, match="does not classify images"):
        xaiplug.load_model("torchvision:lraspp_mobilenet_v3_large", weights=None, weights_backbone=None)
