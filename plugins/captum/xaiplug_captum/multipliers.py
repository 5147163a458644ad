"""A network run operation by operation, with DeepLIFT's rule for each: no hooks, no copy, nothing of it changed.

Hooks on modules (captum, shap) cannot see a functional ReLU, and lose their place when one module is called twice. A
traced graph has one node per call, so both are plain cases.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from xaiplug import Model
from xaiplug.errors import ModelError
from xaiplug_captum.rules import MaxPool, Product, Rescale

_ELEMENTWISE_MODULES = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Softplus, nn.Softsign),
    *(nn.Sigmoid, nn.Tanh, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish, nn.LogSigmoid, nn.Tanhshrink, nn.Softshrink),
)
_ELEMENTWISE_NAMES = """
relu relu_ relu6 leaky_relu leaky_relu_ elu elu_ celu selu gelu silu mish softplus softsign sigmoid sigmoid_ tanh tanh_
hardtanh hardsigmoid hardswish logsigmoid exp log sqrt rsqrt square abs pow clamp
"""
_LINEAR_MODULES = (
    *(nn.Linear, nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd, nn.Identity),
    *(nn.modules.pooling._AvgPoolNd, nn.modules.pooling._AdaptiveAvgPoolNd, nn.Flatten, nn.Unflatten, nn.ZeroPad2d),
    *(nn.Upsample, nn.PixelShuffle, nn.PixelUnshuffle, nn.ChannelShuffle),
)
_LINEAR_NAMES = """
add add_ iadd sub sub_ isub neg cat concat concatenate stack flatten view reshape permute transpose contiguous mean sum
squeeze unsqueeze getitem chunk split size getattr dim shape adaptive_avg_pool2d adaptive_avg_pool1d avg_pool2d
avg_pool1d dropout dropout_ stochastic_depth pad interpolate linear conv2d conv1d batch_norm expand narrow select flip
roll to float double type_as clone
"""
_ELEMENTWISE, _LINEAR = frozenset(_ELEMENTWISE_NAMES.split()), frozenset(_LINEAR_NAMES.split())
_PRODUCTS = frozenset({"mul", "mul_", "imul", "multiply"})
_QUOTIENTS = frozenset({"div", "div_", "truediv", "itruediv", "true_divide"})
_POOLS: dict[str, tuple[Callable[..., Any], int]] = {
    "max_pool2d": (F.max_pool2d, 2),
    "max_pool1d": (F.max_pool1d, 1),
    "adaptive_max_pool2d": (F.adaptive_max_pool2d, 2),
    "adaptive_max_pool1d": (F.adaptive_max_pool1d, 1),
}


_AROUND = ("normalise", "reads", "logits")
"""What `xaiplug.Model` puts around a network."""


def _affine(module: Any) -> bool:
    """Whether what stands around a network passes multipliers on as they are: a reading says so of itself."""
    return bool(getattr(module, "linear", True))


def traced(model: Model) -> fx.GraphModule:
    """The network, its normalisation and its output as one graph over the network's own modules.

    Raises:
        ModelError: the forward cannot be traced.
    """
    own = [module for name in _AROUND if (module := getattr(model.module, name, None)) is not None and _affine(module)]

    class Tracer(fx.Tracer):
        def is_leaf_module(self, module: nn.Module, name: str) -> bool:
            linear = isinstance(module, nn.modules.conv._ConvNd)  # timm's pad by the size of what they are given
            return linear or module in own or super().is_leaf_module(module, name)

    try:
        graph = Tracer().trace(model.module)
    except Exception as error:
        raise ModelError(
            f"deep-lift needs a network whose forward can be traced, and that of '{model.name}' cannot: "
            f"{type(error).__name__}: {error}; use integrated-gradients, which needs gradients alone"
        ) from error
    return fx.GraphModule(model.module, graph)


class Multipliers(fx.Interpreter):
    """Runs a doubled batch through a traced network with DeepLIFT's rules in its backward pass.

    Raises:
        ModelError: an operation that has no rule, by name.
    """

    def __init__(self, graph: fx.GraphModule, model: Model) -> None:
        super().__init__(graph)
        self.extra_traceback = False
        self._model = model

    def call_module(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        module = self.fetch_attr(target)
        if isinstance(module, _ELEMENTWISE_MODULES):
            return Rescale.apply(args[0], _of_module(module))
        if isinstance(module, nn.MaxPool1d | nn.MaxPool2d):
            dims = 2 if isinstance(module, nn.MaxPool2d) else 1
            options = (module.kernel_size, module.stride, module.padding, module.dilation, module.ceil_mode)
            return self._pooled(f"max_pool{dims}d", args[0], options, {})
        if isinstance(module, nn.AdaptiveMaxPool1d | nn.AdaptiveMaxPool2d):
            dims = 2 if isinstance(module, nn.AdaptiveMaxPool2d) else 1
            return self._pooled(f"adaptive_max_pool{dims}d", args[0], (module.output_size,), {})
        if isinstance(module, _LINEAR_MODULES) or (target in _AROUND and _affine(module)):
            return super().call_module(target, args, kwargs)
        raise self._unknown(f"module {type(module).__name__} ('{target}')")

    def call_function(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self._called(getattr(target, "__name__", str(target)), target, args, kwargs)

    def call_method(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self._called(target, lambda first, *rest, **named: getattr(first, target)(*rest, **named), args, kwargs)

    def _called(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        computed = [isinstance(value, Tensor) and value.requires_grad for value in (*args, *kwargs.values())]
        if not any(computed) and not any(isinstance(value, tuple | list) for value in args):
            return function(*args, **kwargs)
        name = name.strip("_") if name not in _LINEAR | _ELEMENTWISE | _PRODUCTS | _QUOTIENTS else name
        if name in _ELEMENTWISE and sum(computed) == 1 and computed[0]:
            options = {key: value for key, value in kwargs.items() if key != "inplace"}
            rest = args[1:] if name not in ("relu", "relu6", "hardswish", "silu", "elu") else ()
            return Rescale.apply(args[0], lambda z: function(z, *rest, **options))
        if name in _POOLS or name.removeprefix("_") in _POOLS or name.startswith("boolean_dispatch"):
            return self._pooled(_pool_name(name, function), args[0], args[1:], kwargs)
        if name in _PRODUCTS:
            return Product.apply(*torch.broadcast_tensors(*args)) if sum(computed) == 2 else function(*args, **kwargs)
        if name in _QUOTIENTS and sum(computed) == 1 and computed[0]:
            return operator.truediv(*args)
        if name in _LINEAR:
            return _not_in_place(name, function)(*args, **kwargs)
        raise self._unknown(f"operation '{name}'")

    def _pooled(self, name: str, z: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
        function, places = _POOLS[name]
        options = {key: value for key, value in kwargs.items() if key != "return_indices"}
        pooled: Tensor = MaxPool.apply(z, lambda x: function(x, *args, **options, return_indices=True), places)
        return pooled

    def _unknown(self, what: str) -> ModelError:
        return ModelError(
            f"deep-lift has no rule for {what} of model '{self._model.name}' (it knows linear layers, elementwise "
            "activations, max pooling and products of two maps); use integrated-gradients, which needs gradients alone"
        )


def _of_module(module: nn.Module) -> Callable[[Tensor], Tensor]:
    return partial(_plain, module)


def _plain(module: nn.Module, z: Tensor) -> Tensor:
    """A module's function of a tensor of its own, so that an in-place module changes nothing else."""
    out: Tensor = module(z.clone())
    return out


def _pool_name(name: str, function: Callable[..., Any]) -> str:
    if name in _POOLS:
        return name
    for known, (pool, _) in _POOLS.items():
        if function is pool:
            return known
    return name.removeprefix("_")


_IN_PLACE = {"iadd": operator.add, "isub": operator.sub, "add_": torch.add, "sub_": torch.sub}


def _not_in_place(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    return _IN_PLACE.get(name, function)
