"""The adapter: pixel space in, logits out, and nothing of the user's model changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaiplug.data.brief import brief, tally
from xaiplug.data.target import Output
from xaiplug.errors import GradientError, ModelError, NonFiniteError, ShapeError, did_you_mean
from xaiplug.model.catching import inputs_of, outputs_of
from xaiplug.model.compiled import original, uncompiled
from xaiplug.model.maps import map_layer, placed
from xaiplug.model.passes import Meter, is_out_of_memory, metered, untouched
from xaiplug.model.passes.parts import parameters
from xaiplug.model.pixels import NARROW, Pixels, dtype_of, normalisation
from xaiplug.model.readings import bound, reading_of
from xaiplug.model.representation import last_linear
from xaiplug.model.tokens import Tokens, tokens_of
from xaiplug.model.traits import traits
from xaiplug.origins import digest


@dataclass(frozen=True, eq=False)
class Captured:
    """Activations (B,D,h,w) of a layer with their graph, prefix tokens (B,p,D) or None, and the logits (B,K)."""

    values: Tensor
    prefix: Tensor | None
    logits: Tensor


_WRITTEN = "leaf Variable that requires grad is being used in an in-place operation"
"""What torch says where a forward writes into pixels whose gradient is asked for."""


_written: WeakKeyDictionary[nn.Module, set[int]] = WeakKeyDictionary()
"""Of each network that was run under a full guard: the ids of the tensors that were written to then."""


def _equal(one: Tensor, other: Tensor) -> bool:
    """The same numbers, NaN in the same places."""
    return torch.equal(one, other) or bool(((one == other) | (one.isnan() & other.isnan())).all())


class Model:
    """What is explained.

    Args:
        network: any module: torchvision, timm, Hugging Face, your own. Its output is a tensor (B,K), (B,1) or (B,),
            an object or dict with `logits`, or a tuple whose first item is one.
        output: "softmax" (one class of K) or "sigmoid" (K independent heads).
        mean, std: per channel; given, inputs are pixels and the adapter normalises. None: the network does, or nobody;
            no std = 1.
        input_range: lowest and highest pixel value; None = unknown.
        class_names: K names.
        size: height and width that it was trained at, for messages; None = unknown.
        reads: what of the output is explained where that is no (B,K): a `Region` of a segmentation, a `Difference` of
            two classes, a `Detection`, or a function or module from the output to (B,) or (B,K).
        name: for reports.

    The network is not copied and not changed. It is explained in `eval` mode, whatever mode it is in; one that was
    compiled is explained as it was written. One in 16 bits computes in them; all around it, and what comes of it, is in
    float32.

    Raises:
        ModelError: no module, a std without a mean, or numbers that no normalisation has.
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
        size: tuple[int, int] | None = None,
        reads: Any = None,
        name: str | None = None,
    ) -> None:
        if not isinstance(network, nn.Module):
            raise ModelError(f"expected a torch.nn.Module, got {type(network).__name__}")
        self.mean, self.std = normalisation(mean, std)
        network = original(network)
        device = next((p.device for p in parameters(network)), torch.device("cpu"))
        names = None if class_names is None else tuple(class_names)
        self.reads: nn.Module | None = None
        if reads is not None:
            self.reads, names = bound(reading_of(reads), names)
        self.module: nn.Module = (
            Pixels(network, self.mean, self.std, self.reads).to(device)
            if self.mean
            else Pixels(network, None, None, self.reads)
        )
        self.network = network
        self.output: Output = output
        self.input_range = input_range
        self.class_names = names
        self.size = size
        self.name = name or type(network).__name__
        self._first = True
        self._classes: int | None = None
        self._last_linear: nn.Module | None = None

    @classmethod
    def of(cls, model: Model | nn.Module) -> Model:
        """A `Model` as it is; a plain module adapted with no normalisation."""
        return model if isinstance(model, Model) else cls(model)

    def reading(self, reads: Any) -> Model:
        """The same network, of whose output something else is explained: `reads` as above, or as in a run file."""
        return Model(
            self.network,
            output=self.output,
            mean=self.mean,
            std=self.std,
            input_range=self.input_range,
            class_names=self.class_names,
            size=self.size,
            reads=reads,
            name=self.name,
        )

    def __repr__(self) -> str:
        scaled = "normalises" if self.mean else ""
        classes = tally(len(self.class_names), "class name") if self.class_names else ""
        return brief("Model", self.name, self.output, classes, scaled)

    def __call__(self, x: Tensor) -> Tensor:
        """Logits (B,K) of x (B,*shape).

        Raises:
            ModelError: the network raises, returns something that is not (B,K) or another K than before, changes its
                input in place, or gives no gradient where one is asked for. ShapeError: `mean` is of other channels.
        """
        if self.mean is not None and (x.ndim != 4 or x.shape[1] != len(self.mean)):
            raise ShapeError(
                f"model '{self.name}' has a mean of {len(self.mean)} channels, and inputs {tuple(x.shape)} have "
                f"{x.shape[1] if x.ndim == 4 else 'none'}; give a mean and std that fit, (B,C,H,W) with C numbers each"
            )
        kept, version = x.detach(), None if x.is_inference() else x._version
        if self._first:  # a change that torch does not count (of `x.data`, by numpy) is one of every call
            kept, version = kept.clone(), None
            x = x if x.requires_grad else x.clone()
        try:
            logits = self.module(x)
        except NonFiniteError as error:
            raise NonFiniteError(f"model '{self.name}' returned NaN or infinity", error.rows) from error
        except ModelError:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise
            if x.requires_grad and _WRITTEN in str(error):
                raise self._changes_its_input() from error
            raise ModelError(
                f"model '{self.name}' raised on an input of {tuple(x.shape)} {x.dtype}: {type(error).__name__}: {error}"
                f"{self._other_size(x)}"
            ) from error
        changed = not _equal(x, kept) if self._first else version is not None and x._version != version
        if changed:
            raise self._changes_its_input()
        self._first = False
        if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != len(x):
            raise ModelError(
                f"model '{self.name}' returned {tuple(logits.shape)} for {len(x)} inputs; expected ({len(x)}, classes)"
            )
        self.check_classes(logits.shape[1])
        if x.requires_grad and torch.is_grad_enabled() and not logits.requires_grad:
            raise GradientError(
                f"model '{self.name}' gives no gradient of its input: its forward is under torch.no_grad or "
                "inference_mode, detaches, or does not use it; mend that, or use a method that asks for scores alone, "
                "such as kernel-shap or occlusion"
            )
        return logits.to(torch.promote_types(x.dtype, torch.float32))

    def check_classes(self, classes: int) -> None:
        """Raise a ModelError unless the network always gives so many classes, one a name."""
        if self._classes == classes:
            return
        if self._classes is not None:
            raise ModelError(
                f"model '{self.name}' returned {classes} classes where it returned {self._classes} before; after a "
                "change of its head make a new xaiplug.Model"
            )
        if not classes:
            raise ModelError(f"model '{self.name}' returned no class at all")
        named = len(self.class_names or ())
        if named and classes not in (1, named):
            raise ModelError(f"model '{self.name}' has {named} class names and {classes} outputs; give one name each")
        self._classes = classes

    def _changes_its_input(self) -> ModelError:
        return ModelError(
            f"model '{self.name}' changes its input in place, so that nobody knows what it was asked; write "
            "x = x - mean in place of x.sub_(mean) in its forward, or give mean= and std= to xaiplug.Model"
        )

    def _other_size(self, x: Tensor) -> str:
        """Words on the size that the network was trained at, where an image has another."""
        if self.size is None or x.ndim != 4 or tuple(x.shape[2:]) == tuple(self.size):
            return ""
        return f"; it was trained on images of {self.size[0]}x{self.size[1]}"

    @property
    def device(self) -> torch.device:
        return next((p.device for p in parameters(self.module)), torch.device("cpu"))

    @property
    def dtype(self) -> torch.dtype | None:
        """Of the first floating-point parameter; None without parameters."""
        return dtype_of(self.network)

    def layer(self, name: str) -> nn.Module:
        """A layer of the network by its dotted name.

        Raises:
            ModelError: no such layer.
        """
        layers: dict[str, nn.Module] = dict(self.network.named_modules())
        if name not in layers:
            raise ModelError(f"model '{self.name}' has no layer '{name}'{did_you_mean(name, layers)}")
        return layers[name]

    def features(self, x: Tensor, layer: str | None = None) -> Tensor:
        """The representation (B,D) with its graph: the input of the layer named, or of the last linear one.

        Raises:
            ModelError: no such layer, or the logits come from more than one.
        """
        return self.features_and_logits(x, layer)[0]

    def features_and_logits(self, x: Tensor, layer: str | None = None) -> tuple[Tensor, Tensor]:
        """Representation (B,D) and logits (B,K) of one forward, with their graph."""
        if layer is None and self._last_linear is None:
            found = last_linear(self.network, self.name, self, x)
            self._last_linear = found.layer
            return found.read.flatten(1).to(x.dtype), found.logits
        module = self.layer(layer) if layer is not None else self._last_linear
        assert module is not None
        with inputs_of(module) as caught:
            logits = self(x)
        if not caught:
            raise ModelError(f"layer {type(module).__name__} of model '{self.name}' was not reached by the forward")
        return caught[-1].flatten(1).to(x.dtype), logits

    def capture(self, x: Tensor, layer: str | nn.Module) -> Captured:
        """Output of a layer for images x (B,C,H,W), with its graph, as maps and the tokens that have no place.

        Raises:
            ModelError: no such layer, or none whose places can be found. ShapeError: x are no images.
        """
        read = map_layer(self, x[:1].detach(), layer if isinstance(layer, str) else self._name_of(layer))
        with outputs_of(read.module) as caught:
            logits = self(x)
        values = placed(read, caught, len(x), self).to(x.dtype)
        return Captured(read.places.maps(values), read.places.others(values), logits)

    @property
    def tokens(self) -> Tokens | None:
        """The token protocol of a vision transformer, or None if the network is none that we know."""
        return tokens_of(self)

    def _name_of(self, layer: nn.Module) -> str:
        named: dict[nn.Module, str] = {module: name for name, module in self.network.named_modules()}
        if layer in named:
            return named[layer]
        raise ModelError(f"{type(layer).__name__} is no layer of model '{self.name}'")

    @contextmanager
    def frozen(self, *, reads_only: bool = False) -> Iterator[Model]:
        """Evaluation mode, parameters frozen; flags, hooks, gradients, global RNG are restored, also on an error.

        Args:
            reads_only: the block writes to no parameter and no buffer, other than by forwards; their numbers are copied
                only where a forward was not yet seen to leave them as they are.

        Raises:
            ModelError: a tensor that was not copied was written to.
        """
        with untouched(self.module, _written.get(self.network) if reads_only else None) as parts, uncompiled():
            parts.freeze()
            yield self
        if not self._first:
            _written.setdefault(self.network, set()).update(map(id, parts.mended))

    @contextmanager
    def metered(self) -> Iterator[Meter]:
        """Count rows forwarded and rows differentiated, whoever calls the module or its token protocol."""
        with metered(self.module.get_submodule("logits")) as meter:
            yield meter

    def traits(self) -> dict[str, str]:
        """Name -> hash or version of everything that can be read from the network, and how it is adapted."""
        read = {} if self.reads is None else {"reading of": digest(traits(self.reads))}
        adapted = repr((self.output, self.mean, self.std, self.input_range))
        return {"adaptation of": adapted, **read, **traits(self.network)}

    def fingerprint(self) -> str:
        """sha256 of everything that can be read from the network (`traits`): not what hides in what it calls."""
        return digest(self.traits())

    def check_inputs(self, inputs: Tensor) -> None:
        """Raise a ShapeError unless inputs are floating point, not empty, and as wide as the parameters.

        A network in 16 bits also takes float32, which is what it is asked in.
        """
        if not isinstance(inputs, Tensor) or inputs.ndim not in (2, 3, 4, 5):
            got = tuple(inputs.shape) if isinstance(inputs, Tensor) else type(inputs).__name__
            known = "images (B,C,H,W), volumes (B,C,D,H,W), embeddings (B,L,D) or rows (B,F)"
            raise ShapeError(f"inputs must be a tensor: {known}, got {got}")
        if inputs.layout != torch.strided:
            raise ShapeError(f"inputs must be a dense tensor, got {inputs.layout}; give inputs.to_dense()")
        if not inputs.is_floating_point():
            hint = "; divide by 255 and cast to float" if inputs.dtype == torch.uint8 else ""
            raise ShapeError(f"inputs must be floating point, got {inputs.dtype}{hint}")
        if not inputs.numel():
            raise ShapeError(f"inputs are empty: {tuple(inputs.shape)}")
        own = self.dtype
        widened = own in NARROW and inputs.dtype == torch.float32
        if own is not None and inputs.dtype != own and not widened:
            raise ShapeError(f"inputs are {inputs.dtype} and the model's parameters {own}; cast one of them")
