"""Metrics that retrain a network on data that the explanations changed."""

from xaiplug import Paper, Spec, hookimpl

HOOKER = Paper(
    "A Benchmark for Interpretability Methods in Deep Neural Networks",
    "Hooker, Sara and Erhan, Dumitru and Kindermans, Pieter-Jan and Kim, Been",
    2019,
    venue="NeurIPS",
    url="https://arxiv.org/abs/1806.10758",
)


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec(
            "roar",
            "xaiplug_retraining.roar:Roar",
            "Accuracy after retraining without the most important features; lower is better.",
            HOOKER,
        )
    ]
