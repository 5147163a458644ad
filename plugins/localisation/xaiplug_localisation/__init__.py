"""Localisation metrics: whether the attribution lies on the features that are known to matter."""

from xaiplug import Paper, Spec, hookimpl

ARRAS = Paper(
    "CLEVR-XAI: A benchmark dataset for the ground truth evaluation of neural network explanations",
    "Arras, Leila and Osman, Ahmed and Samek, Wojciech",
    2022,
    venue="Information Fusion",
    doi="10.1016/j.inffus.2021.11.008",
)
ZHANG = Paper(
    "Top-Down Neural Attention by Excitation Backprop",
    "Zhang, Jianming and Bargal, Sarah Adel and Lin, Zhe and Brandt, Jonathan and Shen, Xiaohui and Sclaroff, Stan",
    2018,
    venue="International Journal of Computer Vision",
    doi="10.1007/s11263-017-1059-x",
)


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec(
            "relevance-mass", "xaiplug_localisation.mass:RelevanceMass", "Share of the attribution on the truth.", ARRAS
        ),
        Spec(
            "pointing-game",
            "xaiplug_localisation.pointing:PointingGame",
            "Whether the strongest position is on the truth.",
            ZHANG,
        ),
        Spec(
            "relevance-rank",
            "xaiplug_localisation.rank:RelevanceRank",
            "Share of the strongest positions that is on the truth.",
            ARRAS,
        ),
        Spec("gt-auc", "xaiplug_localisation.rank:GtAuc", "ROC area of the attribution as a detector of the truth."),
        Spec("gt-sum", "xaiplug_localisation.rank:GtSum", "Normalised attribution on the truth."),
    ]
