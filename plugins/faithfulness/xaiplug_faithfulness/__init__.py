"""Faithfulness metrics: whether the model's score follows the attribution."""

from xaiplug import Paper, Spec, hookimpl

PETSIUK = Paper(
    "RISE: Randomized Input Sampling for Explanation of Black-box Models",
    "Petsiuk, Vitali and Das, Abir and Saenko, Kate",
    2018,
    venue="BMVC",
    url="https://arxiv.org/abs/1806.07421",
)


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec(
            "insertion",
            "xaiplug_faithfulness.curves:Insertion",
            "Area under the score as the strongest features come in; higher is better.",
            PETSIUK,
        ),
        Spec(
            "deletion",
            "xaiplug_faithfulness.curves:Deletion",
            "Area under the score as the strongest features go; lower is better.",
            PETSIUK,
        ),
    ]
