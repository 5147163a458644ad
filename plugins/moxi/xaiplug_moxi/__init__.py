"""MoXI: groups of patches that together make, or break, a prediction."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec("moxi", "xaiplug_moxi.moxi:MoXI", paper="sumiyasu2024"),
        Spec("moxi-single", "xaiplug_moxi.single:MoXISingle", paper="sumiyasu2024"),
    ]


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("top-overlap", "xaiplug_moxi.overlap:TopOverlap", paper="sumiyasu2024"),
    ]
