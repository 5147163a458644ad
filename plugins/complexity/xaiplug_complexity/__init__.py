"""Complexity metrics: how concentrated an attribution is."""

from xaiplug import Paper, Spec, hookimpl

CHALASANI = Paper(
    "Concise Explanations of Neural Networks using Adversarial Training",
    "Chalasani, Prasad and Chen, Jiefeng and Chowdhury, Amrita Roy and Wu, Xi and Jha, Somesh",
    2020,
    venue="ICML",
    url="https://arxiv.org/abs/1810.06583",
)


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("gini", "xaiplug_complexity.gini:Gini", "Gini index of the attribution's magnitudes: sparsity.", CHALASANI)
    ]
