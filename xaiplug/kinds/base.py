"""The base of everything a plug-in offers: typed fields, and one method.

A component is a frozen dataclass whose fields are plain data or other components; tensors are never fields. Fields are
checked whenever one is made, whichever way (YAML, `component()`, `explain(**params)`, the class itself): a misspelt
or ill-typed parameter is a `ComponentError` that names all problems at once.

    class SmoothGrad(Explainer):
        samples: Annotated[int, Ge(1)] = 50
        \"\"\"Noisy copies per sample.\"\"\"
        sigma: float = 0.15
        \"\"\"Standard deviation of the noise, in units of the input range.\"\"\"

        def explain(self, query): ...

The string below a field is its documentation: `xaiplug list explainers smoothgrad` prints it.
"""

from __future__ import annotations

import dataclasses
from abc import ABC
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, dataclass_transform

from xaiplug.kinds.fields import fields_of, validate

NEEDS = frozenset(
    {"baseline", "groups", "references", "pool", "imputer", "relevant", "exact", "explainer", "models", "task"}
)
"""What a component may ask for in `needs`; the query holds it, or it is an error before anything is computed."""

CLAIMS = frozenset(
    {
        "completeness",
        "dummy",
        "sensitivity",
        "implementation-invariance",
        "linearity",
        "symmetry",
        "interaction-values",
        "unbiasedness",
    }
)
"""Axioms that an explainer may claim; the conformance kit holds it to them."""


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where a component came from; goes into every stored cell."""

    kind: str
    name: str
    plugin: str
    distribution: str
    version: str


@dataclass_transform(frozen_default=True, kw_only_default=True, eq_default=False)
class Component(ABC):  # noqa: B024 - each kind has its own one method
    """Typed fields and one method; made frozen and validated by subclassing."""

    kind: ClassVar[str] = ""
    needs: ClassVar[Collection[str]] = ()
    origin: ClassVar[Origin | None] = None
    asks_first: ClassVar[bool] = True
    """Whether the model is asked about the inputs before the method runs. False for a method that passes them through
    the untouched model itself and hands on what it saw (`query.gradient()`, `query.saw`), or needs no answer at all."""
    reads_only: ClassVar[bool] = False
    """Whether it writes to no parameter and no buffer of the network, not for a moment either: then nobody copies them
    before it is asked. The kit holds it to that."""
    expected_failures: ClassVar[Mapping[str, str]] = {}
    """Checks of the conformance kit that this component cannot pass, each with its reason; strict."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        dataclasses.dataclass(frozen=True, kw_only=True, eq=False)(cls)
        assign: Callable[..., None] = cls.__init__

        def __init__(self: Component, **params: Any) -> None:
            assign(self, **validate(type(self), params))

        setattr(cls, "__init__", __init__)  # noqa: B010 - mypy sees the fields through dataclass_transform

    @property
    def called(self) -> str:
        """As registered, else the name of the class."""
        return self.origin.name if self.origin else type(self).__name__

    @property
    def told(self) -> str:
        """`explainer 'ig2'`, for messages."""
        return f"{self.kind} '{self.called}'"

    def only_reads(self) -> bool:
        """`reads_only`, of its inner components too."""
        values = (getattr(self, field.name) for field in fields_of(type(self)))
        return self.reads_only and all(map(_only_reads, values))

    def params(self) -> dict[str, Any]:
        """Fields as plain data, inner components as `{"use": ..., "params": ...}`; the class takes it back."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields_of(type(self))}

    def describe(self) -> dict[str, Any]:
        """`{"use": "plugin/name", "params": {...}}`; a class outside the registry is named `module:Class`."""
        if self.origin is not None:
            return {"use": f"{self.origin.plugin}/{self.origin.name}", "params": self.params()}
        return {"use": f"{type(self).__module__}:{type(self).__qualname__}", "params": self.params()}


def _plain(value: Any) -> Any:
    if isinstance(value, Component):
        return value.describe()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _only_reads(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_only_reads, value))
    return value.only_reads() if isinstance(value, Component) else True
