"""The classes of pytorch-grad-cam that are offered, under `gradcam-` and their name, and what each gives."""

from __future__ import annotations

GIVES = {
    "HiResCAM": ("hires-cam", "a layer's maps times their gradients, place by place"),
    "XGradCAM": ("xgrad-cam", "a layer's maps, each weighted by its gradients at the places where it is active"),
    "GradCAMElementWise": ("element-wise", "the positive part of a layer's maps times their gradients"),
    "EigenGradCAM": ("eigen-grad-cam", "the first principal component of a layer's maps times their gradients"),
    "SegEigenCAM": ("seg-eigen-cam", "the first principal component of maps times absolute gradients, its sign set"),
    "KPCA_CAM": ("kpca-cam", "the first component of a kernel principal component analysis of a layer's maps"),
    "FEM": ("fem", "a layer's maps, each weighted by the share of its places that stand out"),
}
"""Class of pytorch-grad-cam -> the name that it is offered under, and what it gives."""

OURS = {
    "GradCAM": "grad-cam",
    "GradCAMPlusPlus": "grad-cam++",
    "LayerCAM": "layer-cam",
    "EigenCAM": "eigen-cam",
    "ScoreCAM": "score-cam",
    "RandomCAM": "random",
}
"""Class of pytorch-grad-cam -> the explainer of ours that does the same."""

REFUSED = {
    "AblationCAM": "replaces a layer of the network while it runs",
    "ShapleyCAM": "keeps the whole graph of a second derivative for a term that vanishes where activations are ReLU",
    "FinerCAM": "compares classes: give xaiplug.Model(network, reads=xaiplug.Difference(...)) to any method instead",
    "FullGrad": "needs every layer's bias, and resizes each layer's map before they are summed",
}
"""Class of pytorch-grad-cam -> why it is not offered."""
