"""MoXI: groups of patches that together make, or break, a prediction."""

from xaiplug import Paper, Spec, hookimpl

SUMIYASU = Paper(
    "Identifying Important Group of Pixels using Interactions",
    "Sumiyasu, Kosuke and Kawamoto, Kazuhiko and Kera, Hiroshi",
    2024,
    venue="IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    url="https://arxiv.org/abs/2401.03785",
)


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec(
            "moxi",
            "xaiplug_moxi.moxi:MoXI",
            "Greedy insertion or deletion of feature groups, with their interactions.",
            SUMIYASU,
        ),
        Spec(
            "moxi-single",
            "xaiplug_moxi.single:MoXISingle",
            "MoXI(-): feature groups ranked one by one, without interactions.",
            SUMIYASU,
        ),
    ]


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec(
            "top-overlap",
            "xaiplug_moxi.overlap:TopOverlap",
            "Share of the first groups that every two models have in common; higher is better.",
            SUMIYASU,
        )
    ]
