"""The adapter: pixel space in, logits out, and nothing of the user's model changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xaiplug.data.target import Output
from xaiplug.errors import ModelError, NonFiniteError, ShapeError, did_you_mean
from xaiplug.model.catching import inputs_of, outputs_of
from xaiplug.model.passes import Meter, is_out_of_memory, metered, untouched
from xaiplug.model.tokens import Tokens, tokens_of
from xaiplug.model.traits import traits
from xaiplug.origins import digest


class Normalise(nn.Module):
    """(x - mean) / std per channel: pixel space to what the network was trained on."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(std)[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean.to(x.dtype)) / self.std.to(x.dtype)  # type: ignore[operator]


class Logits(nn.Module):
    """Unwraps what networks return (a tensor, an object or dict with `logits`, a tuple) into logits (B,K)."""

    def forward(self, output: Any) -> Tensor:
        if isinstance(output, dict):
            output = output.get("logits", next(iter(output.values()), None))
        elif hasattr(output, "logits"):
            output = output.logits
        elif isinstance(output, tuple | list) and output:
            output = output[0]
        if not isinstance(output, Tensor):
            raise ModelError(
                f"the model returned {type(output).__name__}; expected a tensor, or something with .logits"
            )
        _refuse_non_finite(output)
        return output.unsqueeze(1) if output.ndim == 1 else output


def _refuse_non_finite(logits: Tensor) -> None:
    """Every forward ends here, whoever asks for it: no NaN becomes a number further on.

    Raises:
        NonFiniteError: with the rows.
    """
    if not logits.ndim or bool(logits.isfinite().all()):
        return
    rows = (~logits.isfinite()).reshape(len(logits), -1).any(1).nonzero().flatten().tolist()
    raise NonFiniteError(f"the model returned NaN or infinity in row {', '.join(map(str, rows))}", rows)


class Pixels(nn.Sequential):
    """normalise -> network -> logits, as one real module: hooks, fx, functional_call and captum all see it."""

    def __init__(self, network: nn.Module, mean: Sequence[float] | None, std: Sequence[float] | None) -> None:
        super().__init__()
        if mean is not None:
            self.normalise = Normalise(mean, std if std is not None else [1.0] * len(mean))
        self.network = network
        self.logits = Logits()
        self.training = network.training  # not self.train(): a frozen layer inside a training network stays frozen


@dataclass(frozen=True, eq=False)
class Captured:
    """Activations (B,D,h,w) of a layer with their graph, prefix tokens (B,p,D) or None, and the logits (B,K)."""

    values: Tensor
    prefix: Tensor | None
    logits: Tensor


def _equal(one: Tensor, other: Tensor) -> bool:
    """The same numbers, NaN in the same places."""
    return torch.equal(one, other) or bool(((one == other) | (one.isnan() & other.isnan())).all())


class Model:
    """What is explained.

    Args:
        network: any module: torchvision, timm, Hugging Face, your own. Its output is a tensor (B,K), (B,1) or (B,),
            an object or dict with `logits`, or a tuple whose first item is one.
        output: "softmax" (one class of K) or "sigmoid" (K independent heads).
        mean, std: per channel; given, inputs are pixels and the adapter normalises. None: the network does, or nobody.
        input_range: lowest and highest pixel value; None = unknown.
        class_names: K names.
        name: for reports.

    The network is not copied and not changed. It is explained in `eval` mode, whatever mode it is in.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        output: Output = "softmax",
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        input_range: tuple[float, float] | None = None,
        class_names: Sequence[str] | None = None,
        name: str | None = None,
    ) -> None:
        if not isinstance(network, nn.Module):
            raise ModelError(f"expected a torch.nn.Module, got {type(network).__name__}")
        device = next((p.device for p in network.parameters()), torch.device("cpu"))
        self.module: nn.Module = (
            Pixels(network, mean, std).to(device) if mean is not None else Pixels(network, None, None)
        )
        self.network = network
        self.output: Output = output
        self.mean = None if mean is None else tuple(float(value) for value in mean)
        self.std = None if std is None else tuple(float(value) for value in std)
        self.input_range = input_range
        self.class_names = None if class_names is None else tuple(class_names)
        self.name = name or type(network).__name__
        self._first = True

    @classmethod
    def of(cls, model: Model | nn.Module) -> Model:
        """A `Model` as it is; a plain module adapted with no normalisation."""
        return model if isinstance(model, Model) else cls(model)

    def __call__(self, x: Tensor) -> Tensor:
        """Logits (B,K) of x (B,*shape).

        Raises:
            ModelError: the network raises, returns something that is not (B,K), or changes its input in place.
        """
        kept, version = x.detach(), None if x.is_inference() else x._version
        if self._first:  # a change that torch does not count (of `x.data`, by numpy) is one of every call
            x, version = x.clone(), None
        try:
            logits = self.module(x)
        except NonFiniteError as error:
            raise NonFiniteError(f"model '{self.name}' returned NaN or infinity", error.rows) from error
        except ModelError:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise
            raise ModelError(
                f"model '{self.name}' raised on an input of {tuple(x.shape)} {x.dtype}: {type(error).__name__}: {error}"
            ) from error
        changed = not _equal(x, kept) if self._first else version is not None and x._version != version
        if changed:
            raise ModelError(
                f"model '{self.name}' changes its input in place, so that nobody knows what it was asked; write "
                "x = x - mean in place of x.sub_(mean) in its forward, or give mean= and std= to xaiplug.Model"
            )
        self._first = False
        if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != len(x):
            raise ModelError(
                f"model '{self.name}' returned {tuple(logits.shape)} for {len(x)} inputs; expected ({len(x)}, classes)"
            )
        return logits

    @property
    def device(self) -> torch.device:
        return next((p.device for p in self.module.parameters()), torch.device("cpu"))

    @property
    def dtype(self) -> torch.dtype | None:
        """Of the first floating-point parameter; None without parameters."""
        return next((p.dtype for p in self.network.parameters() if p.is_floating_point()), None)

    def layer(self, name: str | None = None) -> nn.Module:
        """A layer of the network by its dotted name; None = the last `nn.Linear`.

        Raises:
            ModelError: no such layer.
        """
        if name is None:
            linear: list[nn.Module] = [module for module in self.network.modules() if isinstance(module, nn.Linear)]
            if not linear:
                raise ModelError(
                    f"model '{self.name}' has no nn.Linear; name the layer whose input is the representation"
                )
            return linear[-1]
        layers: dict[str, nn.Module] = dict(self.network.named_modules())
        if name not in layers:
            raise ModelError(f"model '{self.name}' has no layer '{name}'{did_you_mean(name, layers)}")
        return layers[name]

    def features(self, x: Tensor, layer: str | None = None) -> Tensor:
        """The representation (B,D) with its graph: the input of the last linear layer, or of the layer named."""
        return self.features_and_logits(x, layer)[0]

    def features_and_logits(self, x: Tensor, layer: str | None = None) -> tuple[Tensor, Tensor]:
        """Representation (B,D) and logits (B,K) of one forward, with their graph."""
        module = self.layer(layer)
        with inputs_of(module) as caught:
            logits = self(x)
        if not caught:
            raise ModelError(f"layer {type(module).__name__} of model '{self.name}' was not reached by the forward")
        return caught[-1].flatten(1), logits

    def capture(self, x: Tensor, layer: str | nn.Module) -> Captured:
        """Output of a layer with its graph; tokens (B,N,D) come as maps (B,D,h,w) and prefix tokens.

        Raises:
            ModelError: the layer is not reached, or its output is no map and no square of tokens.
        """
        module = self.layer(layer) if isinstance(layer, str) else layer
        with outputs_of(module) as caught:
            logits = self(x)
        if not caught:
            raise ModelError(f"layer {type(module).__name__} of model '{self.name}' was not reached, or gave no tensor")
        values = caught[-1]
        if values.ndim == 4:
            return Captured(values, None, logits)
        if values.ndim != 3:
            raise ModelError(
                f"layer {type(module).__name__} gives {tuple(values.shape)}; expected (B,D,h,w) or tokens (B,N,D)"
            )
        height, width, prefix = self._token_grid(values.shape[1])
        maps = values[:, prefix:].transpose(1, 2).unflatten(2, (height, width))
        return Captured(maps, values[:, :prefix] if prefix else None, logits)

    @property
    def tokens(self) -> Tokens | None:
        """The token protocol of a vision transformer, or None if the network is none that we know."""
        return tokens_of(self)

    def _token_grid(self, count: int) -> tuple[int, int, int]:
        if (tokens := self.tokens) is not None:
            height, width = tokens.grid
            return height, width, count - height * width
        side = int(count**0.5)
        return side, side, count - side * side

    @contextmanager
    def frozen(self) -> Iterator[Model]:
        """Evaluation mode, parameters frozen; flags, hooks, gradients, global RNG are restored, also on an error."""
        with untouched(self.module):
            self.module.eval()
            for parameter in self.module.parameters():
                parameter.requires_grad_(False)
            yield self

    @contextmanager
    def metered(self) -> Iterator[Meter]:
        """Count rows forwarded and rows differentiated, whoever calls the module or its token protocol."""
        with metered(self.module.get_submodule("logits")) as meter:
            yield meter

    def traits(self) -> dict[str, str]:
        """Name -> hash or version of everything that can be read from the network, and how it is adapted."""
        return {"adaptation of": repr((self.output, self.mean, self.std, self.input_range)), **traits(self.network)}

    def fingerprint(self) -> str:
        """sha256 of everything that can be read from the network (`traits`): not what hides in what it calls."""
        return digest(self.traits())

    def check_inputs(self, inputs: Tensor) -> None:
        """Raise a ShapeError unless inputs are floating point, not empty, and of the parameters' dtype."""
        if not isinstance(inputs, Tensor) or inputs.ndim not in (2, 3, 4):
            got = tuple(inputs.shape) if isinstance(inputs, Tensor) else type(inputs).__name__
            raise ShapeError(f"inputs must be a tensor: images (B,C,H,W), embeddings (B,L,D) or rows (B,F), got {got}")
        if not inputs.is_floating_point():
            hint = "; divide by 255 and cast to float" if inputs.dtype == torch.uint8 else ""
            raise ShapeError(f"inputs must be floating point, got {inputs.dtype}{hint}")
        if not inputs.numel():
            raise ShapeError(f"inputs are empty: {tuple(inputs.shape)}")
        if self.dtype is not None and inputs.dtype != self.dtype:
            raise ShapeError(f"inputs are {inputs.dtype} and the model's parameters {self.dtype}; cast one of them")
