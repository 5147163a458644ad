"""Classic explainers on xaiplug's own engines, with draws that belong to each sample."""

from xaiplug import Paper, Spec, hookimpl

SMILKOV = Paper(
    "SmoothGrad: removing noise by adding noise",
    "Smilkov, Daniel and Thorat, Nikhil and Kim, Been and Viégas, Fernanda and Wattenberg, Martin",
    2017,
    url="https://arxiv.org/abs/1706.03825",
)


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec(
            "smoothgrad",
            "xaiplug_classic.smoothgrad:SmoothGrad",
            "Mean gradient over noisy copies of the input.",
            SMILKOV,
        ),
        Spec("random", "xaiplug_classic.control:Random", "Independent normal draws: the control that knows nothing."),
    ]
