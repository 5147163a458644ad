"""Baselines: inputs that stand for absence, and samples of the data that stand for another class."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_baselines() -> list[Spec]:
    return [
        Spec("black", "xaiplug_baselines.constant:Black"),
        Spec("mean", "xaiplug_baselines.constant:Mean"),
        Spec("blur", "xaiplug_baselines.blur:Blur", paper="sturmfels2020"),
        Spec("white", "xaiplug_baselines.constant:White"),
        Spec("black-white", "xaiplug_baselines.constant:BlackWhite"),
        Spec("uniform-noise", "xaiplug_baselines.noise:UniformNoise", paper="sturmfels2020"),
        Spec("gaussian-noise", "xaiplug_baselines.noise:GaussianNoise", paper="sturmfels2020"),
        Spec("max-distance", "xaiplug_baselines.constant:MaxDistance", paper="sturmfels2020"),
        Spec("dataset-sample", "xaiplug_baselines.policies:DatasetSample", paper="sturmfels2020"),
        Spec("other-class", "xaiplug_baselines.policies:OtherClass"),
        Spec("normal-class", "xaiplug_baselines.policies:NormalClass"),
        Spec("relevant-classes", "xaiplug_baselines.policies:RelevantClasses"),
        Spec("nearest-labels", "xaiplug_baselines.policies:NearestLabels"),
        Spec("same-class", "xaiplug_baselines.policies:SameClass"),
    ]
