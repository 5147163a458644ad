"""Imputers: how absence is realised."""

from xaiplug import Paper, Spec, hookimpl

SUMIYASU = Paper(
    "Identifying Important Group of Pixels using Interactions",
    "Sumiyasu, Kosuke and Kawamoto, Kazuhiko and Kera, Hiroshi",
    2024,
    venue="IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    url="https://arxiv.org/abs/2401.03785",
)


@hookimpl
def xaiplug_imputers() -> list[Spec]:
    return [
        Spec("baseline", "xaiplug_imputers.baseline:BaselineImputer", "What is removed becomes the baseline."),
        Spec(
            "token-removal",
            "xaiplug_imputers.tokens:TokenRemoval",
            "Vision transformers: patch tokens that are removed are not there.",
            SUMIYASU,
        ),
        Spec(
            "attention-mask",
            "xaiplug_imputers.tokens:AttentionMask",
            "Vision transformers: removed patches are masked from a block on.",
            SUMIYASU,
        ),
    ]
