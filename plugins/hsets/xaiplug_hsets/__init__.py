"""H-Sets: sets of features that interact, found in the Hessian and scored by integrated directional gradients."""

from xaiplug import Paper, Spec, hookimpl

HSETS = Paper(
    "H-Sets: Hessian-Guided Discovery of Set-Level Feature Interactions in Image Classifiers",
    "Mehrotra, Ayushi and others",
    2026,
    url="https://arxiv.org/abs/2604.22045",
)
IDG = Paper(
    "Integrated Directional Gradients: Feature Interaction Attribution for Neural NLP Models",
    "Sikdar, Sandipan and Bhattacharya, Parantapa and Heese, Kieran",
    2021,
    venue="ACL",
    doi="10.18653/v1/2021.acl-long.71",
)


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec(
            "hsets",
            "xaiplug_hsets.explainers:HSets",
            "Sets grown along thresholded Hessian rows, scored by IDG-Vis.",
            HSETS,
        ),
        Spec(
            "hessian-sets",
            "xaiplug_hsets.explainers:HessianSets",
            "The sets of H-Sets with the strength of their pairs; no scores.",
            HSETS,
        ),
        Spec("idg", "xaiplug_hsets.explainers:Idg", "IDG-Vis of given feature groups.", IDG),
    ]
