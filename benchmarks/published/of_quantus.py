"""Quantus's metrics."""

from __future__ import annotations

from benchmarks.published.subjects import Library, Subject

HEAD = """import quantus
np.trapz = np.trapezoid  # which Quantus 0.6.0 asks for, and NumPy 2.4 no longer has
net.body[0] = nn.Conv2d(1, 6, 3, padding=1)  # grey images, which all of Quantus takes
x, among_others, y = torch.rand(4, 1, 16, 16), torch.rand(4, 1, 16, 16), torch.tensor([0, 1, 2, 0])
among_others[0] = x[0]
net = nn.Sequential(*net.body, nn.Flatten(), net.head).eval()  # what all of Quantus takes
half = (net(x).argmax(1) + torch.tensor([0, 0, 1, 1])) % 3  # right for two images, wrong for two
quiet = dict(disable_warnings=True, display_progressbar=False, return_aggregate=False)


def gradients(model, inputs, targets, **_):
    inputs = torch.as_tensor(inputs).requires_grad_()
    return torch.autograd.grad(model(inputs)[range(len(inputs)), targets].sum(), inputs)[0].numpy()


def score(metric, x, y, batch_size=64, **more):
    x, y, masks = x.numpy(), y.numpy(), np.zeros(x.shape, dtype=bool)
    masks[:, :, 4:10, 4:10] = True
    given = dict(s_batch=masks, explain_func=gradients, channel_first=True, device="cpu", batch_size=batch_size)
    return metric(model=net, x_batch=x, y_batch=y, a_batch=gradients(net, x.copy(), y), **given, **more)"""


_WHOLE = {
    "batch": ("seed(); whole = ask(x, y); seed(); parts = ask(x, y, batch_size=2)", "apart(whole, parts)"),
    "neighbours": (),
}
"""Of metrics that answer for a batch: its size is a matter of memory, and should change nothing."""


def _of(name: str, given: str = "", documented: str = "", whole: bool = False) -> Subject:
    return Subject(
        name,
        f"score(quantus.{name}({given}{', ' if given else ''}**quiet), x, y, batch_size)",
        documented={"batch": documented} if documented else {},
        templates=_WHOLE if whole else {},
    )


_STEPS = "features_in_step=16"
_FEW = "nr_samples=5"
_PAIRS = "documentation: compares the samples of a batch"

LIBRARY = Library(
    "Quantus",
    ("quantus",),
    HEAD,
    (
        _of("FaithfulnessCorrelation", "nr_runs=20, subset_size=50"),
        _of("FaithfulnessEstimate", _STEPS),
        _of("PixelFlipping", _STEPS),
        _of("RegionPerturbation", "patch_size=4, regions_evaluation=5"),
        _of("Monotonicity", _STEPS),
        _of("MonotonicityCorrelation", f"{_FEW}, {_STEPS}"),
        _of("Selectivity", "patch_size=4"),
        _of("SensitivityN", _STEPS, whole=True),
        _of("IROF"),
        Subject(
            "ROAD",
            "score(quantus.ROAD(noise=0, **quiet), x, half, batch_size)",
            templates=_WHOLE,
            remark="a curve of accuracies; it is that of the first batch",
        ),
        _of("Infidelity", "n_perturb_samples=3, perturb_patch_sizes=[4]"),
        _of("Sufficiency", "threshold=20", documented=_PAIRS),
        _of("Continuity", "nr_steps=4"),
        _of("LocalLipschitzEstimate", _FEW),
        _of("MaxSensitivity", _FEW),
        _of("AvgSensitivity", _FEW),
        _of("Consistency", documented=_PAIRS),
        _of("RelativeInputStability", _FEW),
        _of("RelativeOutputStability", _FEW),
        _of("RelativeRepresentationStability", _FEW),
        _of("PointingGame"),
        _of("TopKIntersection", "k=50"),
        _of("RelevanceMassAccuracy"),
        _of("RelevanceRankAccuracy"),
        _of("AttributionLocalisation"),
        _of("AUC"),
        Subject(
            "Focus",
            "score(quantus.Focus(**quiet), x, y, batch_size, custom_batch=[(1, 1, 0, 0)] * len(x))",
            remark="each image taken for a mosaic of four",
        ),
        _of("Sparseness"),
        _of("Complexity"),
        _of("EffectiveComplexity", "eps=0.3"),
        _of("MPRT"),
        _of("SmoothMPRT", _FEW),
        _of("EfficientMPRT"),
        _of("RandomLogit", "num_classes=3"),
        _of("Completeness"),
        _of("NonSensitivity", "eps=1e-3"),
        _of("InputInvariance"),
    ),
    arguments="x, y, batch_size=64",
    remark="Asked in evaluation mode, which Quantus insists on, of grey images, and without aggregation. Continuity, "
    "LocalLipschitzEstimate, EffectiveComplexity and RandomLogit hang on neighbours by `normalise=True`, the default: "
    "`normalise_by_max` divides by the largest value of the batch. With "
    "`normalise_func_kwargs={'normalise_axes': (1, 2, 3)}` they keep it. The MPRT family has `seed`; others are seeded "
    "by NumPy's global state. Most metrics that draw nothing move it: beside a black baseline a uniform one is drawn. "
    "`np.trapz` is put back, since Quantus 0.6.0 raises AttributeError without it under NumPy 2.4.",
)
