"""Layer-wise relevance propagation (Bach et al., 2015), by zennit."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import Annotated, Any, Literal

import torch
from annotated_types import Gt
from torch import Tensor, nn

from xaiplug import Explainer, Explanation, Query
from xaiplug.errors import ModelError, UnavailableError

_LINEAR = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_POOLS = (nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.MaxPool1d, nn.MaxPool2d)
_PASSING = (nn.ReLU, nn.Dropout, nn.Dropout2d, nn.Flatten, nn.Identity, nn.AdaptiveMaxPool2d)
SUPPORTED = (*_LINEAR, *_NORMS, *_POOLS, *_PASSING)
"""Layers that zennit has rules for, or that pass relevance on as they are."""


class Lrp(Explainer):
    """Relevance passed down layer by layer, by zennit.

    R (B,*shape) of the pixels, from R = z ∂f/∂z at the logits z (Bach et al., 2015).

    Rules and canonisers are zennit's: install the extra with `pip install "xaiplug-classic[lrp]"`. With the logit as
    score, R starts at the logit of the target and is kept from layer to layer, but for what biases and ε take:
    `residual` (B,) is f - ΣR. Where that is more than a tenth of f, a warning says so. Units of the score.

    Raises:
        UnavailableError: zennit is not installed. ModelError: a layer has no rule (Hardswish, SiLU, GELU, LayerNorm,
        attention), or skip connections that no canoniser knows are seen in the layers.
    """

    rules: Literal["epsilon-plus-flat", "epsilon-gamma-box", "epsilon-plus", "epsilon-alpha2-beta1"] = (
        "epsilon-plus-flat"
    )
    """zennit's composite: ε in dense layers, the rule named next in convolutions, the last one in the first layer."""
    epsilon: Annotated[float, Gt(0)] = 1e-6
    """Stabiliser of the ε rule."""
    canonize: Literal["auto", "resnet", "vgg", "batch-norm", "none"] = "auto"
    """How batch normalisation and skip connections are rewritten for the rules; auto looks at the network's class."""

    def explain(self, query: Query) -> Explanation:
        if find_spec("zennit") is None:
            raise UnavailableError('lrp needs zennit, which is not installed: pip install "xaiplug-classic[lrp]"')
        network = query.model.network
        unsupported = unsupported_layers(network)
        if unsupported:
            raise ModelError(
                f"lrp has no rule for {', '.join(unsupported)} in model '{query.model.name}'; "
                "use a network of linear, convolution, pooling, batch-norm and ReLU layers, or another explainer"
            )
        relevance = torch.cat([self._passed(query, row) for row in range(len(query))])
        residual = query.scores - relevance.flatten(1).sum(1)
        lost = residual.abs() > 0.1 * query.scores.abs()
        if bool(lost.any()):
            rows = ", ".join(map(str, lost.nonzero().flatten().tolist()))
            warnings.warn(
                f"lrp: relevance is not conserved for sample {rows} (|f - ΣR| > |f|/10): biases take much of it, "
                "or the network has operations outside its layers",
                stacklevel=2,
            )
        return Explanation(relevance, base_score=torch.zeros_like(query.scores), residual=residual)

    def _passed(self, query: Query, row: int) -> Tensor:
        """Relevance (1,*shape) of one sample."""
        from zennit.attribution import Gradient

        normalise = getattr(query.model.module, "normalise", None)
        x = query.inputs[row : row + 1]
        seen = x if normalise is None else normalise(x)
        rows = torch.tensor([row], device=x.device)

        def start(output: Any) -> Tensor:
            logits = query.model.module.logits(output).detach().requires_grad_()  # type: ignore[operator]
            with torch.enable_grad():
                score = query.target.score(logits, rows, query.model.output)
            (slope,) = torch.autograd.grad(score.sum(), logits)
            return (logits * slope).detach().view_as(output)

        composite = self._composite(query, seen)
        with torch.enable_grad(), Gradient(model=query.model.network, composite=composite) as attributor:
            _, relevance = attributor(seen.detach().clone(), start)
        found: Tensor = relevance.detach()
        return found

    def _composite(self, query: Query, seen: Tensor) -> Any:
        from zennit import composites

        canonizers = self._canonizers(query.model.network)
        if self.rules == "epsilon-gamma-box":
            low, high = self._box(query, seen)
            return composites.EpsilonGammaBox(low=low, high=high, epsilon=self.epsilon, canonizers=canonizers)
        made = {
            "epsilon-plus-flat": composites.EpsilonPlusFlat,
            "epsilon-plus": composites.EpsilonPlus,
            "epsilon-alpha2-beta1": composites.EpsilonAlpha2Beta1,
        }[self.rules]
        return made(epsilon=self.epsilon, canonizers=canonizers)

    @staticmethod
    def _box(query: Query, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Lowest and highest possible input of the network, like `seen`."""
        low, high = query.model.input_range or (0.0, 1.0)
        ends = (torch.full_like(seen, low), torch.full_like(seen, high))
        normalise = getattr(query.model.module, "normalise", None)
        return ends if normalise is None else (normalise(ends[0]), normalise(ends[1]))

    def _canonizers(self, network: nn.Module) -> list[Any]:
        from zennit import canonizers, torchvision

        kind = self.canonize
        if kind == "auto":
            name = type(network).__name__.lower()
            norms = any(isinstance(module, _NORMS) for module in network.modules())
            kind = "resnet" if name == "resnet" else "vgg" if name == "vgg" else "batch-norm" if norms else "none"
        match kind:
            case "resnet":
                return [torchvision.ResNetCanonizer()]
            case "vgg":
                return [torchvision.VGGCanonizer()]
            case "batch-norm":
                return [canonizers.SequentialMergeBatchNorm()]
        return []


def unsupported_layers(network: nn.Module) -> list[str]:
    """Class names of the layers without a rule, each once.

    >>> unsupported_layers(nn.Sequential(nn.Linear(2, 2), nn.SiLU()))
    ['SiLU']
    """
    leaves = [module for module in network.modules() if not next(module.children(), None)]
    own = [module for module in leaves if not isinstance(module, SUPPORTED)]
    return sorted({type(module).__name__ for module in own})
