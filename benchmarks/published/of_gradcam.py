"""pytorch-grad-cam's class activation maps."""

from __future__ import annotations

from benchmarks.published.subjects import Library, Subject

HEAD = """import pytorch_grad_cam as cam
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget


def draw(method, x, y, **made):
    with method(model=net, target_layers=[net.body[4]], **made) as drawing:
        return drawing(input_tensor=x, targets=[ClassifierOutputTarget(one) for one in y.tolist()])"""

_NAMES = (
    "GradCAM",
    "GradCAMPlusPlus",
    "GradCAMElementWise",
    "HiResCAM",
    "XGradCAM",
    "LayerCAM",
    "ShapleyCAM",
    "EigenCAM",
    "EigenGradCAM",
    "SegEigenCAM",
    "KPCA_CAM",
    "ScoreCAM",
    "AblationCAM",
    "FullGrad",
    "FEM",
    "FinerCAM",
    "RandomCAM",
)
_SCALED = {"completeness": "the map is cut at zero and scaled to 0..1"}
_PAPERS_CLAIM = ("HiResCAM", "XGradCAM", "ShapleyCAM", "FullGrad")
"""Whose papers speak of a sum, which the library's maps no longer have."""

LIBRARY = Library(
    "pytorch-grad-cam",
    ("grad-cam",),
    HEAD,
    (
        *(Subject(name, f"draw(cam.{name}, x, y)", untold=_SCALED if name in _PAPERS_CLAIM else {}) for name in _NAMES),
        Subject(
            "GuidedBackpropReLUModel",
            "np.stack([cam.GuidedBackpropReLUModel(net, 'cpu')(one[None], int(k)) for one, k in zip(x, y)])",
        ),
        Subject(
            "DeepFeatureFactorization",
            "cam.DeepFeatureFactorization(net, net.body[4])(x, 2)[1]",
            documented={"batch": "its paper factorises images together, to find what they share"},
        ),
    ),
    remark="Used in a `with` block, as its README does, on the layer before the pool; handed over as in the midst of "
    "training. The constructor calls `model.eval()`, and methods with gradients call `zero_grad()` and `backward()`: "
    "who explains between steps calls `train()` and `backward()` again. Weights and hooks stay; "
    "`GuidedBackpropReLUModel` leaves new ReLUs.",
)
