"""Explainers borrowed from captum, and the gradient methods it made common."""

from xaiplug import Spec, hookimpl
from xaiplug_captum.names import GIVES, offered


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec("gradient", "xaiplug_captum.gradient:Gradient", paper="simonyan2014"),
        Spec("input-x-gradient", "xaiplug_captum.gradient:InputXGradient", paper="shrikumar2016"),
        Spec("integrated-gradients", "xaiplug_captum.integrated:IntegratedGradients", paper="sundararajan2017"),
        Spec("grad-cam", "xaiplug_captum.grad_cam:GradCam", paper="selvaraju2017"),
        Spec("deep-lift", "xaiplug_captum.deep_lift:DeepLift", paper="shrikumar2017"),
        Spec("deep-shap", "xaiplug_captum.deep_lift:DeepShap", paper="lundberg2017"),
        Spec("occlusion", "xaiplug_captum.occlusion:Occlusion", paper="zeiler2014"),
        *(
            Spec(offered(name), f"xaiplug_captum.theirs:{name}", f"captum's {name}: {told}.")
            for name, told in GIVES.items()
        ),
    ]
