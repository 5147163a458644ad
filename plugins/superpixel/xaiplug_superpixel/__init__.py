"""Super-pixel maps: any attribution, averaged over the groups of a partition."""

from xaiplug import Paper, Spec, hookimpl

SUPERPIXEL = Paper(
    "A Super-pixel-based Approach to the Stable Interpretation of Neural Networks",
    "Gong, Shizhan and Zhang, Jingwei and Dou, Qi and Farnia, Farzan",
    2024,
    venue="BMVC",
)


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec(
            "superpixel",
            "xaiplug_superpixel.superpixel:SuperPixel",
            "Another explainer's map, averaged over super-pixels.",
            SUPERPIXEL,
        )
    ]


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec(
            "gradient-distance",
            "xaiplug_superpixel.distance:GradientDistance",
            "Euclidean distance of a map to the plain gradient.",
            SUPERPIXEL,
        )
    ]
