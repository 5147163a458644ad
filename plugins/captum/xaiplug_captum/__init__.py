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

SELVARAJU = Paper(
    "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization",
    "Selvaraju, Ramprasaath R. and Cogswell, Michael and Das, Abhishek and Vedantam, Ramakrishna and Parikh, Devi "
    "and Batra, Dhruv",
    2017,
    venue="ICCV",
    doi="10.1109/ICCV.2017.74",
)
SHRIKUMAR = Paper(
    "Learning Important Features Through Propagating Activation Differences",
    "Shrikumar, Avanti and Greenside, Peyton and Kundaje, Anshul",
    2017,
    venue="ICML",
    url="https://arxiv.org/abs/1704.02685",
)
LUNDBERG = Paper(
    "A Unified Approach to Interpreting Model Predictions",
    "Lundberg, Scott M. and Lee, Su-In",
    2017,
    venue="NeurIPS",
    url="https://arxiv.org/abs/1705.07874",
)
ZEILER = Paper(
    "Visualizing and Understanding Convolutional Networks",
    "Zeiler, Matthew D. and Fergus, Rob",
    2014,
    venue="ECCV",
    doi="10.1007/978-3-319-10590-1_53",
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
        Spec(
            "grad-cam",
            "xaiplug_captum.grad_cam:GradCam",
            "A layer's maps, weighted by their mean gradients; on the layer's own grid.",
            SELVARAJU,
        ),
        Spec(
            "deep-lift",
            "xaiplug_captum.deep_lift:DeepLift",
            "Differences to a baseline, propagated by the rescale rule.",
            SHRIKUMAR,
        ),
        Spec("deep-shap", "xaiplug_captum.deep_lift:DeepShap", "DeepLIFT, averaged over references.", LUNDBERG),
        Spec("occlusion", "xaiplug_captum.occlusion:Occlusion", "How much the score falls under a window.", ZEILER),
    ]
