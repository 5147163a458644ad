"""H-Sets: sets of features that interact, found in the Hessian and scored by integrated directional gradients."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec("hsets", "xaiplug_hsets.explainers:HSets", paper="mehrotra2026"),
        Spec("hessian-sets", "xaiplug_hsets.explainers:HessianSets", paper="mehrotra2026"),
        Spec("idg", "xaiplug_hsets.explainers:Idg", paper="sikdar2021"),
    ]
