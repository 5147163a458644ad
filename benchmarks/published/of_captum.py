"""captum's classes for images and their layers."""

from __future__ import annotations

from benchmarks.published.subjects import Claim, Library, Subject

HEAD = """import captum.attr as attr
rows = torch.arange(8).repeat(8, 1).T // 4 * 2 + torch.arange(8).repeat(8, 1) // 4  # quarters of the image
groups = torch.stack([rows, rows, rows + 4])[None]  # red and green in 4 groups, blue in 4 of its own
few = torch.stack([rows // 2, rows // 2, 0 * rows + 2])[None]
size, size_of_few = (mask.flatten().bincount()[mask] for mask in (groups, few))
drawn = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
inner = net.body[1]


class Functional(Network):
    def forward(self, x):
        x = nn.functional.max_pool2d(nn.functional.relu(self.body[0](x)), 2)
        return self.head(self.body[5](nn.functional.relu(self.body[3](x))).flatten(1))


functional = Functional()
functional.load_state_dict(net.state_dict())"""

_DELTA = Claim("documentation: return_convergence_delta")
_QUADRATURE = Claim("documentation: return_convergence_delta; a quadrature", within=0.02)
_EXPECTED = Claim("documentation: return_convergence_delta; an expectation", estimate=True)
_SHAPLEY = Claim("Shapley values share out the difference")
_UNREAD = Claim("follows: what is never read has no gradient, and changes nothing", within=1e-5)
_SAMPLED = Claim("Shapley values, in the limit of all samples", estimate=True)
_BIASES = {"completeness": "documentation of compute_convergence_delta: biases and the epsilon rule absorb some"}
_POOLED = "complete with an average pool in place of the max pool; return_convergence_delta tells the gap"
_SHUFFLED = {"batch": "documentation: permutes within a batch"}
_SPREAD = {"due": "np.mean([(net(x[:1]) - net(one[None]))[0, 0].item() for one in drawn])"}
_ONE = {"due": "(net(x[:1]) - net(drawn[:1]))[0, 0].item()"}
_ALL = {"due": "net(x[:1])[0, 0].item()"}
_GROUPED = {"answer": "ask(x[:1], y[:1]) / size"}
_LAYER = {"ignored": "found[:, 5]"}
_LAYER_SPREAD = {**_LAYER, **_SPREAD}


def _input(name: str, given: str = "", called: str = "", made: str = "", **more: object) -> Subject:
    ask = f"attr.{name}(net{made}).attribute(x, target=y{given})"
    return Subject(called or name, ask, **{"dummy": _UNREAD, **more})  # type: ignore[arg-type]


def _layer(name: str, given: str = "", **more: object) -> Subject:
    ask = f"attr.{name}(net, inner).attribute(x, target=y{given})"
    return Subject(name, ask, **{"dummy": _UNREAD, "fill": _LAYER, **more})  # type: ignore[arg-type]


_SUBJECTS = (
    _input("Saliency"),
    _input("InputXGradient"),
    _input("IntegratedGradients", completeness=_QUADRATURE),
    _input("Deconvolution"),
    _input("GuidedBackprop"),
    _input("GuidedGradCam", made=", inner"),
    _input("DeepLift", completeness=_DELTA),
    _input(
        "DeepLift",
        ", baselines=drawn[:1]",
        "DeepLift, a drawn baseline",
        completeness=_DELTA,
        fill=_ONE,
        remark=_POOLED,
    ),
    Subject(
        "DeepLift, activations as functions",
        "attr.DeepLift(functional).attribute(x, target=y)",
        completeness=_DELTA,
        dummy=_UNREAD,
        documented={"completeness": "captum's FAQ asks for activations that are modules"},
    ),
    _input("DeepLiftShap", ", baselines=drawn", completeness=_DELTA, fill=_SPREAD, remark=_POOLED),
    _input("GradientShap", ", baselines=drawn", completeness=_EXPECTED, fill=_SPREAD),
    _input("FeatureAblation"),
    _input("FeaturePermutation", ", feature_mask=groups", documented=_SHUFFLED),
    _input("Occlusion", ", sliding_window_shapes=(1, 2, 2)"),
    _input("ShapleyValueSampling", ", feature_mask=groups", completeness=_SHAPLEY, fill=_GROUPED),
    _input(
        "ShapleyValues", ", feature_mask=few", completeness=_SHAPLEY, fill={"answer": "ask(x[:1], y[:1]) / size_of_few"}
    ),
    _input("KernelShap", ", feature_mask=groups", completeness=_SAMPLED, dummy=_SAMPLED, fill=_GROUPED),
    _input("Lime", ", feature_mask=groups", dummy=None),
    _input("LRP", completeness=_DELTA, fill=_ALL, documented=_BIASES),
    Subject("NoiseTunnel", "attr.NoiseTunnel(attr.InputXGradient(net)).attribute(x, target=y)", dummy=_UNREAD),
    _layer("InternalInfluence"),
    Subject("LayerActivation", "attr.LayerActivation(net, inner).attribute(x)"),
    _layer("LayerConductance", completeness=_QUADRATURE),
    _layer("LayerDeepLift", completeness=_DELTA),
    _layer("LayerDeepLiftShap", ", baselines=drawn", completeness=_DELTA, fill=_LAYER_SPREAD),
    _layer("LayerFeatureAblation"),
    Subject(
        "LayerFeaturePermutation",
        "attr.LayerFeaturePermutation(lambda x: net(x)[:, 1], inner).attribute(x)",
        dummy=_UNREAD,
        fill=_LAYER,
        documented=_SHUFFLED,
        remark="with `target=`, 0.9.0 raises AssertionError (the target is chosen twice), so one logit was asked alone",
    ),
    _layer("LayerGradCam", dummy=None),
    _layer("LayerGradientShap", ", baselines=drawn", completeness=_EXPECTED, fill=_LAYER_SPREAD),
    _layer("LayerGradientXActivation"),
    _layer("LayerIntegratedGradients", completeness=_QUADRATURE),
    Subject(
        "LayerLRP",
        "attr.LayerLRP(net, net.body[0]).attribute(x, target=y)",
        completeness=_DELTA,
        dummy=_UNREAD,
        fill={**_LAYER, **_ALL},
        documented=_BIASES,
        remark="of the convolution: a ReLU keeps no relevance",
    ),
)
LIBRARY = Library(
    "captum",
    ("captum",),
    HEAD,
    _SUBJECTS,
    remark="With the defaults. There is no seed argument: what draws is seeded by the global state.",
)
