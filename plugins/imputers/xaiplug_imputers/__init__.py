"""Imputers: how absence is realised; and a metric of what they change."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_imputers() -> list[Spec]:
    return [
        Spec("baseline", "xaiplug_imputers.baseline:BaselineImputer"),
        Spec("token-removal", "xaiplug_imputers.tokens:TokenRemoval", paper="sumiyasu2024"),
        Spec("attention-mask", "xaiplug_imputers.tokens:AttentionMask", paper="sumiyasu2024"),
        Spec("corruption", "xaiplug_imputers.worsened:Corruption", paper="hendrycks2019"),
        Spec("pgd", "xaiplug_imputers.worsened:PGD", paper="madry2018"),
        Spec("noisy-linear", "xaiplug_imputers.noisy_linear:NoisyLinear", paper="rong2022"),
    ]


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("perturbation-size", "xaiplug_imputers.sizes:PerturbationSize", paper="sumiyasu2024"),
    ]
