"""Baselines: inputs that stand for absence."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_baselines() -> list[Spec]:
    return [
        Spec("black", "xaiplug_baselines.constant:Black", "Pixel 0 everywhere."),
        Spec("mean", "xaiplug_baselines.constant:Mean", "The training mean, the image's, or the pool's."),
        Spec("blur", "xaiplug_baselines.blur:Blur", "The image, blurred by a Gaussian."),
    ]
