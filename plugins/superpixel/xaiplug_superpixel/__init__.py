"""Super-pixel maps: any attribution, averaged over the groups of a partition."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec("superpixel", "xaiplug_superpixel.superpixel:SuperPixel", paper="gong2024"),
    ]


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("gradient-distance", "xaiplug_superpixel.distance:GradientDistance", paper="gong2024"),
    ]
