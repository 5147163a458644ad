"""Baselines: inputs that stand for absence, and samples of the data that stand for another class."""

from xaiplug import Paper, Spec, hookimpl

STURMFELS = Paper(
    "Visualizing the Impact of Feature Attribution Baselines",
    "Sturmfels, Pascal and Lundberg, Scott and Lee, Su-In",
    2020,
    venue="Distill",
    doi="10.23915/distill.00022",
)


@hookimpl
def xaiplug_baselines() -> list[Spec]:
    return [
        Spec("black", "xaiplug_baselines.constant:Black", "Pixel 0 everywhere."),
        Spec("mean", "xaiplug_baselines.constant:Mean", "The training mean, the image's, or the pool's."),
        Spec("blur", "xaiplug_baselines.blur:Blur", "The image, blurred by a Gaussian.", STURMFELS),
        Spec("white", "xaiplug_baselines.constant:White", "Pixel 1 everywhere."),
        Spec("black-white", "xaiplug_baselines.constant:BlackWhite", "Black and white: two baselines."),
        Spec("uniform-noise", "xaiplug_baselines.noise:UniformNoise", "Uniform pixels.", STURMFELS),
        Spec("gaussian-noise", "xaiplug_baselines.noise:GaussianNoise", "The input and normal noise.", STURMFELS),
        Spec("max-distance", "xaiplug_baselines.constant:MaxDistance", "The farthest image in L1.", STURMFELS),
        Spec("dataset-sample", "xaiplug_baselines.policies:DatasetSample", "Any samples of the pool.", STURMFELS),
        Spec("other-class", "xaiplug_baselines.policies:OtherClass", "Samples of other classes."),
        Spec("normal-class", "xaiplug_baselines.policies:NormalClass", "Samples of one class, the normal one."),
        Spec("relevant-classes", "xaiplug_baselines.policies:RelevantClasses", "Samples of the runner-up classes."),
        Spec("nearest-labels", "xaiplug_baselines.policies:NearestLabels", "Samples whose labels differ least."),
        Spec("same-class", "xaiplug_baselines.policies:SameClass", "Samples of the class itself: a control; warns."),
    ]
