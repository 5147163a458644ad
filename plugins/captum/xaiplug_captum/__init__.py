"""Explainers borrowed from captum, and the gradient methods it made common."""

from xaiplug import Paper, Spec, hookimpl

SIMONYAN = Paper(
    "Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps",
    "Simonyan, Karen and Vedaldi, Andrea and Zisserman, Andrew",
    2014,
    venue="ICLR Workshop",
    url="https://arxiv.org/abs/1312.6034",
)
SHRIKUMAR_INPUT = Paper(
    "Not Just a Black Box: Learning Important Features Through Propagating Activation Differences",
    "Shrikumar, Avanti and Greenside, Peyton and Shcherbina, Anna and Kundaje, Anshul",
    2016,
    url="https://arxiv.org/abs/1605.01713",
)
SUNDARARAJAN = Paper(
    "Axiomatic Attribution for Deep Networks",
    "Sundararajan, Mukund and Taly, Ankur and Yan, Qiqi",
    2017,
    venue="ICML",
    url="https://arxiv.org/abs/1703.01365",
)


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec("gradient", "xaiplug_captum.gradient:Gradient", "Gradient of the target score.", SIMONYAN),
        Spec(
            "input-x-gradient",
            "xaiplug_captum.gradient:InputXGradient",
            "Gradient of the target score, times the input.",
            SHRIKUMAR_INPUT,
        ),
        Spec(
            "integrated-gradients",
            "xaiplug_captum.integrated:IntegratedGradients",
            "Gradients along the straight line from a baseline, times the way; sums to the change of the score.",
            SUNDARARAJAN,
        ),
    ]
