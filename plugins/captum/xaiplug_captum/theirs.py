"""captum's classes as explainers: the fields of each are the parameters of its signatures."""

from __future__ import annotations

from inspect import signature, unwrap
from typing import Any, Literal

import captum.attr

from xaiplug.kinds.borrowed import Parameter, borrowed, parameters
from xaiplug_captum.adapting import DISTRIBUTIONS, RULES, Captum
from xaiplug_captum.names import GIVES

_OURS = {
    "additional_forward_args", "attribute_to_layer_input", "attr_dim_summation", "device_ids", "grad_kwargs",
    "draw_baseline_from_distrib", "nt_samples_batch_size", "return_convergence_delta", "return_input_shape",
    "show_progress", "verbose",
}  # fmt: skip
"""Parameters that the adapter gives, or that change no number."""

_LAYER = Parameter("str | None", None, "Dotted name of the layer that is read; None = the last with spatial meaning.")
_FURTHER: dict[str, dict[str, Parameter]] = {
    "Occlusion": {
        "window": Parameter("int", 8, "Side of the window, in pixels or positions; all channels go together."),
        "stride": Parameter("int | None", None, "Step of the window; None = half a window."),
    },
    "NoiseTunnel": {
        "method": Parameter(
            Literal["Saliency", "InputXGradient", "GuidedBackprop", "Deconvolution"],
            "InputXGradient",
            "captum's method whose maps are averaged; the gradient keeps its sign.",
        )
    },
}
_SINGLE = {"KernelShap", "Lime", "Occlusion", "ShapleyValueSampling"}
_SIGNED_BY_FIELD = property(lambda self: not self.abs)


def _class(name: str) -> Any:
    theirs = getattr(captum.attr, name)
    init, attribute = signature(theirs.__init__).parameters, signature(unwrap(theirs.attribute)).parameters
    needs = [
        need
        for need, asked in (
            ("baseline", name not in DISTRIBUTIONS and {"baselines", "layer_baselines"} & attribute.keys()),
            ("groups", "feature_mask" in attribute),
            ("references", name == "FeaturePermutation" or name in DISTRIBUTIONS),
        )
        if asked
    ]
    made, asked = parameters(theirs.__init__, _OURS), parameters(theirs.attribute, _OURS)
    layer = {"layer": _LAYER} if "layer" in init else {}
    attributes: dict[str, Any] = {"needs": tuple(needs), "wraps": name, "of_init": tuple(made), "of_call": tuple(asked)}
    if name == "Saliency":
        attributes["signed"] = _SIGNED_BY_FIELD
    if name in RULES:
        attributes["expected_failures"] = {"scale": "has rules for modules alone, and takes the logit alone"}
    if name in _SINGLE:
        attributes["expected_failures"] = {"precision": "captum adds up in float32, whatever the inputs"}
    doc = f"captum's {name}: {GIVES[name]}.\n\nParameters, defaults and numbers are captum's; per sample, seeded by it."
    return borrowed(Captum, name, __name__, doc, {**layer, **_FURTHER.get(name, {}), **made, **asked}, **attributes)


globals().update({name: _class(name) for name in GIVES})
