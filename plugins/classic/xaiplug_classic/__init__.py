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
SINGLA = Paper(
    "Understanding Impacts of High-Order Loss Approximations and Features in Deep Learning Interpretation",
    "Singla, Sahil and Wallace, Eric and Feng, Shi and Feizi, Soheil",
    2019,
    venue="ICML",
    url="https://arxiv.org/abs/1902.00407",
)
TSANG = Paper(
    "How does This Interaction Affect Me? Interpretable Attribution for Feature Interactions",
    "Tsang, Michael and Rambhatla, Sirisha and Liu, Yan",
    2020,
    venue="NeurIPS",
    url="https://arxiv.org/abs/2006.10965",
)
BACH = Paper(
    "On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance Propagation",
    "Bach, Sebastian and Binder, Alexander and Montavon, Grégoire and Klauschen, Frederick and Müller, Klaus-Robert "
    "and Samek, Wojciech",
    2015,
    venue="PLoS ONE",
    doi="10.1371/journal.pone.0130140",
)
LEVINE = Paper(
    "Certifiably Robust Interpretation in Deep Learning",
    "Levine, Alexander and Singla, Sahil and Feizi, Soheil",
    2019,
    url="https://arxiv.org/abs/1905.12105",
)
WANG = Paper(
    "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks",
    "Wang, Haofan and Wang, Zifan and Du, Mengnan and Yang, Fan and Zhang, Zijian and Ding, Sirui and "
    "Mardziel, Piotr and Hu, Xia",
    2020,
    venue="CVPR Workshops",
    url="https://arxiv.org/abs/1910.01279",
)
CHATTOPADHAY = Paper(
    "Grad-CAM++: Generalized Gradient-Based Visual Explanations for Deep Convolutional Networks",
    "Chattopadhay, Aditya and Sarkar, Anirban and Howlader, Prantik and Balasubramanian, Vineeth N.",
    2018,
    venue="WACV",
    doi="10.1109/WACV.2018.00097",
)
ABNAR = Paper(
    "Quantifying Attention Flow in Transformers",
    "Abnar, Samira and Zuidema, Willem",
    2020,
    venue="ACL",
    doi="10.18653/v1/2020.acl-main.385",
)
KAPISHNIKOV = Paper(
    "XRAI: Better Attributions Through Regions",
    "Kapishnikov, Andrei and Bolukbasi, Tolga and Viégas, Fernanda and Terry, Michael",
    2019,
    venue="ICCV",
    url="https://arxiv.org/abs/1906.02825",
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
        Spec("cafo", "xaiplug_classic.cafo:Cafo", "The small change that moves a linear loss most.", SINGLA),
        Spec("caso", "xaiplug_classic.caso:Caso", "The small change that moves a quadratic loss most.", SINGLA),
        Spec(
            "archipelago",
            "xaiplug_classic.archipelago:Archipelago",
            "Islands of groups that interact, each with what it alone brings.",
            TSANG,
        ),
        Spec("lrp", "xaiplug_classic.lrp:Lrp", "Relevance passed down layer by layer, by zennit.", BACH),
        Spec("random", "xaiplug_classic.control:Random", "Independent normal draws: the control that knows nothing."),
        Spec(
            "sparsified-smoothgrad",
            "xaiplug_classic.sparsified:SparsifiedSmoothGrad",
            "How often a feature is among the strongest gradients of noisy copies.",
            LEVINE,
        ),
        Spec(
            "score-cam",
            "xaiplug_classic.score_cam:ScoreCam",
            "A layer's maps, weighted by the score of the input seen through each.",
            WANG,
        ),
        Spec(
            "grad-cam++",
            "xaiplug_classic.grad_cam_pp:GradCamPlusPlus",
            "A layer's maps, weighted by its gradients place by place.",
            CHATTOPADHAY,
        ),
        Spec(
            "attention-rollout",
            "xaiplug_classic.attention_rollout:AttentionRollout",
            "What attention brings from each patch to the class token, through all blocks.",
            ABNAR,
        ),
        Spec("xrai", "xaiplug_classic.xrai:Xrai", "Regions by the density of their attribution.", KAPISHNIKOV),
    ]
