"""The truths by name, and a run file that has one."""

import pytest
import torch

import xaiplug
from xaiplug.errors import DataError, ModelError
from xaiplug.testing import data_source_checks, model_source_checks


@pytest.mark.parametrize("check", [*data_source_checks(["truth"]), *model_source_checks(["truth"])])
def test_conformance(check):
    check()


def test_the_first_of_more_are_the_same():
    few = xaiplug.load_data("truth:max", count=3)
    assert xaiplug.load_data("truth:max", count=5)[:3].fingerprint() == few.fingerprint()
    assert xaiplug.load_data("truth:max", limit=3).fingerprint() == few.fingerprint()
    assert not torch.equal(xaiplug.load_data("truth:max", count=3, seed=1).inputs, few.inputs)


def test_images_are_in_pixel_space():
    for name in ("linear", "piecewise-gaussian", "and-of-patches"):
        inputs = xaiplug.load_data(f"truth:{name}").inputs
        assert inputs.min() >= 0
        assert inputs.max() <= 1


def test_a_name_nearly_right():
    with pytest.raises(DataError, match="did you mean 'and-of-patches'"):
        xaiplug.load_data("truth:and-of-patch")
    with pytest.raises(ModelError, match="did you mean 'max'"):
        xaiplug.load_model("truth:maxx")
    with pytest.raises(DataError, match="no split 'train'"):
        xaiplug.load_data("truth:max", split="train")


def test_methods_reach_their_closed_forms():
    """Exact Shapley values and a gradient of the wheel's neighbours, through the one door."""
    model, samples = xaiplug.load_model("truth:product"), xaiplug.load_data("truth:product", limit=2)
    model.network.double()
    images = samples.inputs.double()
    gradient = xaiplug.explain(model, images, "gradient")
    assert torch.allclose(gradient.attribution, samples.extras["gradient"])
    path = xaiplug.explain(model, images, "integrated-gradients", baseline="black", steps=50)
    assert torch.allclose(path.attribution, samples.extras["integrated_gradients"], atol=1e-9)
