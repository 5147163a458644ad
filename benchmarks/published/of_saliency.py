"""PAIR's saliency."""

from __future__ import annotations

from benchmarks.published.subjects import Claim, Library, Subject

HEAD = """import saliency.core as saliency


def answers(images, call_model_args, expected_keys):
    inputs = torch.as_tensor(np.asarray(images)).permute(0, 3, 1, 2).float().requires_grad_()
    logits = net(inputs)[:, call_model_args["k"]]
    if saliency.OUTPUT_LAYER_VALUES in expected_keys:
        return {saliency.OUTPUT_LAYER_VALUES: logits.detach().numpy()}
    gradients = torch.autograd.grad(logits.sum(), inputs)[0].permute(0, 2, 3, 1)
    return {saliency.INPUT_OUTPUT_GRADIENTS: gradients.numpy()}


def mask(method, x, y, call="GetMask", **given):
    masks = []
    for image, k in zip(x.permute(0, 2, 3, 1).numpy(), y.tolist()):
        masks.append(getattr(method(), call)(image, answers, {"k": k}, **given))
    return np.stack(masks)"""

_UNREAD = Claim("follows: what is never read has no gradient", within=1e-5)
_SUM = Claim("the method's paper; a quadrature", within=0.02)
_BLACK = "x_baseline=np.zeros((8, 8, 3), 'float32')"
_ONE = {"batch": "takes one image at a time"}
_COLOUR = {"ignored": "found[..., 2]"}


def _of(name: str, given: str = "", called: str = "", **more: object) -> Subject:
    ask = f"mask(saliency.{name}, x, y{', ' if given else ''}{given})"
    return Subject(called or name, ask, untold=_ONE, fill=_COLOUR, **more)  # type: ignore[arg-type]


LIBRARY = Library(
    "saliency",
    ("saliency",),
    HEAD,
    (
        _of("GradientSaliency", dummy=_UNREAD),
        _of("GradientSaliency", "'GetSmoothedMask', magnitude=False", "GradientSaliency, smoothed", dummy=_UNREAD),
        _of("IntegratedGradients", f"{_BLACK}, x_steps=200", completeness=_SUM, dummy=_UNREAD),
        _of("GuidedIG", f"{_BLACK}, x_steps=200", completeness=_SUM, dummy=_UNREAD),
        _of("BlurIG"),
        _of("Occlusion", "size=2, value=0"),
        _of("XRAI", "extra_parameters=saliency.XRAIParameters(steps=10)"),
    ),
    remark="One image at a time, as arrays.",
)
