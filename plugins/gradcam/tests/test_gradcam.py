"""pytorch-grad-cam's maps, beside the library's own."""

import numpy as np
import pytest
import pytorch_grad_cam
import torch
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

import xaiplug
from xaiplug.testing import explainer_checks
from xaiplug_gradcam.names import GIVES, OURS, REFUSED

torch.manual_seed(0)
NET = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.AvgPool2d(4), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(),
    nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 5),
).eval()  # fmt: skip
X = torch.rand(3, 3, 32, 32)


@pytest.mark.parametrize("name", GIVES)
def test_it_is_the_librarys_map_before_it_is_stretched(name):
    with getattr(pytorch_grad_cam, name)(model=NET, target_layers=[NET[4]]) as cam:
        theirs = cam(input_tensor=X, targets=[ClassifierOutputTarget(2)] * 3)
    ex = xaiplug.explain(NET, X, f"gradcam-{GIVES[name][0]}", target=2, layer="4")
    ours = ex.attribution.view(3, 8, 8).clamp(min=0).numpy()
    stretched = scale_cam_image(scale_cam_image(ours, (32, 32)))  # as the library does: each layer's, and their mean
    assert np.abs(stretched - theirs).max() < 1e-4


def test_hires_cam_is_complete_where_the_head_is_linear():
    ex = xaiplug.explain(NET, X, "gradcam-hires-cam", target=2)
    torch.testing.assert_close(ex.attribution.sum(1), ex.score - NET[-1].bias[2].detach())


def test_every_class_of_the_library_is_offered_ours_or_refused():
    known = {*GIVES, *OURS, *REFUSED}
    cams = {name for name in vars(pytorch_grad_cam) if name.endswith(("CAM", "CAMElementWise", "CAMPlusPlus"))}
    assert cams - known == {"RefineCAM"}
    assert {"FEM", "FullGrad"} <= known


@pytest.mark.parametrize("check", explainer_checks([f"gradcam-{name}" for name, _ in GIVES.values()]))
def test_conformance(check):
    check()
