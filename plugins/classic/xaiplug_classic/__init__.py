"""Classic explainers on xaiplug's own engines, with draws that belong to each sample."""

from xaiplug import Paper, Spec, hookimpl

SMILKOV = Paper(
    "SmoothGrad: removing noise by adding noise",
    "Smilkov, Daniel and Thorat, Nikhil and Kim, Been and Viégas, Fernanda and Wattenberg, Martin",
    2017,
    url="https://arxiv.org/abs/1706.03825",
)

LUNDBERG = Paper(
    "A Unified Approach to Interpreting Model Predictions",
    "Lundberg, Scott M. and Lee, Su-In",
    2017,
    venue="NeurIPS",
    url="https://arxiv.org/abs/1705.07874",
)
RIBEIRO = Paper(
    '"Why Should I Trust You?": Explaining the Predictions of Any Classifier',
    "Ribeiro, Marco Tulio and Singh, Sameer and Guestrin, Carlos",
    2016,
    venue="KDD",
    doi="10.1145/2939672.2939778",
)
CASTRO = Paper(
    "Polynomial calculation of the Shapley value based on sampling",
    "Castro, Javier and Gómez, Daniel and Tejada, Juan",
    2009,
    venue="Computers & Operations Research",
    doi="10.1016/j.cor.2008.04.004",
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
        Spec(
            "kernel-shap",
            "xaiplug_classic.kernel_shap:KernelShap",
            "Shapley values of feature groups by weighted least squares.",
            LUNDBERG,
        ),
        Spec(
            "lime", "xaiplug_classic.lime:Lime", "Ridge regression of the score on which groups are present.", RIBEIRO
        ),
        Spec(
            "shapley-sampling",
            "xaiplug_classic.shapley:ShapleySampling",
            "Shapley values of feature groups from random orders, with standard errors.",
            CASTRO,
        ),
        Spec("random", "xaiplug_classic.control:Random", "Independent normal draws: the control that knows nothing."),
    ]
