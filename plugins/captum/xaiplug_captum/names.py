"""captum's own classes that are offered, under `captum-` and their name, and what each gives."""

from __future__ import annotations

GIVES = {
    "Saliency": "the gradient, made positive unless abs=False",
    "InputXGradient": "the input times the gradient",
    "IntegratedGradients": "gradients along the straight line from a baseline",
    "Deconvolution": "the gradient with ReLUs that pass what is positive on the way back",
    "GuidedBackprop": "the gradient with ReLUs that pass what is positive both ways",
    "GuidedGradCam": "guided backpropagation times Grad-CAM",
    "DeepLift": "differences to a baseline by the rescale rule",
    "DeepLiftShap": "DeepLIFT, averaged over baselines",
    "GradientShap": "gradients at random points between noisy inputs and baselines",
    "FeatureAblation": "how much the score falls without a group",
    "FeaturePermutation": "how much the score falls where a group comes from another sample",
    "Occlusion": "how much the score falls under a window",
    "ShapleyValueSampling": "Shapley values from random orders",
    "KernelShap": "Shapley values by weighted least squares on drawn coalitions",
    "Lime": "a sparse linear model of which groups are present",
    "LRP": "relevance passed down, by the epsilon rule and captum's others",
    "NoiseTunnel": "mean of another method's maps over noisy inputs",
    "InternalInfluence": "a layer's gradients along the line from a baseline",
    "LayerActivation": "a layer's activations",
    "LayerConductance": "integrated gradients that flow through a layer",
    "LayerDeepLift": "DeepLIFT of a layer's output",
    "LayerDeepLiftShap": "DeepLIFT of a layer's output, averaged over baselines",
    "LayerFeatureAblation": "how much the score falls without a place of a layer",
    "LayerGradCam": "Grad-CAM",
    "LayerGradientShap": "GradientSHAP of a layer's output",
    "LayerGradientXActivation": "a layer's activations times their gradients",
    "LayerIntegratedGradients": "integrated gradients by a layer's output",
}
"""Class of captum -> what it gives."""

REFUSED = {
    "LayerLRP": "keeps the relevance of layers with a rule alone, and what is read as maps comes after an activation, "
    "which has none",
    "ShapleyValues": "takes all n! orders of n features: 10 groups are 3,628,800 forwards; use captum-shapley-value-"
    "sampling, or shapley-sampling, which is exact where 2^n coalitions are cheaper",
    "LayerFeaturePermutation": "permutes a hidden layer between the samples of a batch: the map of a sample would "
    "hang on who else is asked",
}
"""Class of captum -> why it is not offered."""

_WORDS = {"InputXGradient": "input-x-gradient", "LRP": "lrp"}


def offered(name: str) -> str:
    """The name under which a class is offered.

    >>> offered("LayerGradientXActivation"), offered("LRP")
    ('captum-layer-gradient-x-activation', 'captum-lrp')
    """
    kebab = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
    return f"captum-{_WORDS.get(name, kebab)}"
