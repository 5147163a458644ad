"""Faithfulness metrics: whether the model's score follows the attribution."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("insertion", "xaiplug_faithfulness.curves:Insertion", paper="petsiuk2018"),
        Spec("deletion", "xaiplug_faithfulness.curves:Deletion", paper="petsiuk2018"),
        Spec("first-correct", "xaiplug_faithfulness.first:FirstCorrect", paper="sumiyasu2024"),
        Spec("first-wrong", "xaiplug_faithfulness.first:FirstWrong", paper="sumiyasu2024"),
        Spec("road", "xaiplug_faithfulness.road:Road", paper="rong2022"),
        Spec("road-aopc", "xaiplug_faithfulness.road:RoadAopc", paper="rong2022"),
        Spec("faithfulness-correlation", "xaiplug_faithfulness.correlation:FaithfulnessCorrelation", paper="bhatt2020"),
        Spec("mu-fidelity", "xaiplug_faithfulness.mu_fidelity:MuFidelity", paper="bhatt2020"),
        Spec("infidelity", "xaiplug_faithfulness.infidelity:Infidelity", paper="yeh2019"),
        Spec("sic-add", "xaiplug_faithfulness.sic:SicAdd", paper="zhuo2024"),
        Spec("sic-del", "xaiplug_faithfulness.sic:SicDel", paper="zhuo2024"),
        Spec("pic", "xaiplug_faithfulness.pic:Pic", paper="kapishnikov2019"),
        Spec("xai-bench-faithfulness", "xaiplug_faithfulness.xai_bench:XaiBenchFaithfulness", paper="liu2021"),
        Spec("xai-bench-monotonicity", "xaiplug_faithfulness.xai_bench:XaiBenchMonotonicity", paper="liu2021"),
        Spec("xai-bench-gt-shapley", "xaiplug_faithfulness.xai_bench:XaiBenchGtShapley", paper="liu2021"),
        Spec("xai-bench-infidelity", "xaiplug_faithfulness.xai_bench:XaiBenchInfidelity", paper="liu2021"),
    ]
