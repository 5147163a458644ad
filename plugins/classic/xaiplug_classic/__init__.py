"""Classic explainers on xaiplug's own engines, with draws that belong to each sample."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec("smoothgrad", "xaiplug_classic.smoothgrad:SmoothGrad", paper="smilkov2017"),
        Spec("kernel-shap", "xaiplug_classic.kernel_shap:KernelShap", paper="lundberg2017"),
        Spec("lime", "xaiplug_classic.lime:Lime", paper="ribeiro2016"),
        Spec("sobol", "xaiplug_classic.sobol:Sobol", paper="fel2021"),
        Spec("shapley-sampling", "xaiplug_classic.shapley:ShapleySampling", paper="castro2009"),
        Spec("shapley-interactions", "xaiplug_classic.shapley_interactions:ShapleyInteractions", paper="grabisch1999"),
        Spec("cafo", "xaiplug_classic.cafo:Cafo", paper="singla2019"),
        Spec("caso", "xaiplug_classic.caso:Caso", paper="singla2019"),
        Spec("archipelago", "xaiplug_classic.archipelago:Archipelago", paper="tsang2020"),
        Spec("lrp", "xaiplug_classic.lrp:Lrp", paper="bach2015"),
        Spec("random", "xaiplug_classic.control:Random"),
        Spec("counterpart", "xaiplug_classic.counterpart:Counterpart", paper="adebayo2018"),
        Spec("sparsified-smoothgrad", "xaiplug_classic.sparsified:SparsifiedSmoothGrad", paper="levine2019"),
        Spec("score-cam", "xaiplug_classic.score_cam:ScoreCam", paper="wang2020"),
        Spec("grad-cam++", "xaiplug_classic.grad_cam_pp:GradCamPlusPlus", paper="chattopadhay2018"),
        Spec("layer-cam", "xaiplug_classic.layer_cam:LayerCam", paper="jiang2021"),
        Spec("rise", "xaiplug_classic.rise:Rise", paper="petsiuk2018"),
        Spec("eigen-cam", "xaiplug_classic.eigen_cam:EigenCam", paper="muhammad2020"),
        Spec("gradient-shap", "xaiplug_classic.gradient_shap:GradientShap", paper="erion2021"),
        Spec("attention-rollout", "xaiplug_classic.attention_rollout:AttentionRollout", paper="abnar2020"),
        Spec("legrad", "xaiplug_classic.legrad:LeGrad", paper="bousselham2025"),
        Spec("libragrad", "xaiplug_classic.libragrad:LibraGrad", paper="mehri2025"),
        Spec("chefer", "xaiplug_classic.chefer:Chefer", paper="chefer2021"),
        Spec("xrai", "xaiplug_classic.xrai:Xrai", paper="kapishnikov2019"),
    ]
