"""Imputers: how absence is realised; and a metric of what they change."""

from xaiplug import Paper, Spec, hookimpl

SUMIYASU = Paper(
    "Identifying Important Group of Pixels using Interactions",
    "Sumiyasu, Kosuke and Kawamoto, Kazuhiko and Kera, Hiroshi",
    2024,
    venue="IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    url="https://arxiv.org/abs/2401.03785",
)
RONG = Paper(
    "A Consistent and Efficient Evaluation Strategy for Attribution Methods",
    "Rong, Yao and Leemann, Tobias and Borisov, Vadim and Kasneci, Gjergji and Kasneci, Enkelejda",
    2022,
    venue="ICML",
    url="https://arxiv.org/abs/2202.00449",
)

HENDRYCKS = Paper(
    "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations",
    "Hendrycks, Dan and Dietterich, Thomas",
    2019,
    venue="International Conference on Learning Representations",
    url="https://arxiv.org/abs/1903.12261",
)
MADRY = Paper(
    "Towards Deep Learning Models Resistant to Adversarial Attacks",
    "Madry, Aleksander and Makelov, Aleksandar and Schmidt, Ludwig and Tsipras, Dimitris and Vladu, Adrian",
    2018,
    venue="International Conference on Learning Representations",
    url="https://arxiv.org/abs/1706.06083",
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
        Spec(
            "corruption",
            "xaiplug_imputers.worsened:Corruption",
            "What is removed comes from a corrupted copy: noise, blur, fog, ...",
            HENDRYCKS,
        ),
        Spec("pgd", "xaiplug_imputers.worsened:PGD", "What is removed comes from an adversarial copy.", MADRY),
        Spec(
            "noisy-linear",
            "xaiplug_imputers.noisy_linear:NoisyLinear",
            "Removed pixels become weighted means of their neighbours, plus noise.",
            RONG,
        ),
    ]


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec(
            "perturbation-size",
            "xaiplug_imputers.sizes:PerturbationSize",
            "How much an imputer changes the groups that come first, against all of them.",
            SUMIYASU,
        )
    ]
