"""The base classes of everything a plug-in offers: typed fields, and one method.

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
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, dataclass_transform

from xaiplug.fields import fields_of, validate

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from xaiplug.data.explanation import Explanation
    from xaiplug.data.query import Query
    from xaiplug.data.result import MetricResult, View
    from xaiplug.data.samples import Samples
    from xaiplug.model.adapter import Model
    from xaiplug.tasks import BoundTask

NEEDS = frozenset({"baseline", "groups", "references", "pool", "imputer", "relevant", "models", "task"})
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
    expected_failures: ClassVar[Mapping[str, str]] = {}
    """Checks of the conformance kit that this component cannot pass, each with its reason; strict."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        dataclasses.dataclass(frozen=True, kw_only=True, eq=False)(cls)
        assign: Callable[..., None] = cls.__init__

        def __init__(self: Component, **params: Any) -> None:
            assign(self, **validate(type(self), params))

        setattr(cls, "__init__", __init__)  # noqa: B010 - mypy sees the fields through dataclass_transform

    def params(self) -> dict[str, Any]:
        """Fields as plain data, inner components as `{"use": ..., "params": ...}`; the class takes it back."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields_of(type(self))}

    def describe(self) -> dict[str, Any]:
        """`{"use": "plugin/name", "params": {...}}`; a class outside the registry is named `module:Class`."""
        if self.origin is not None:
            return {"use": f"{self.origin.plugin}/{self.origin.name}", "params": self.params()}
        return {"use": f"{type(self).__module__}:{type(self).__qualname__}", "params": self.params()}


class Segmenter(Component):
    """Divides images into feature groups."""

    kind = "segmenter"
    stochastic: ClassVar[bool] = True
    """False says that `seeds` are not used: a run then makes one segmentation for all of its seeds."""

    @abstractmethod
    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        """Label every pixel.

        Args:
            images: (B,C,H,W) in pixel space, [0,1].
            seeds: (B,) int64, one per sample.

        Returns:
            Labels (B,H,W) int64, -1 = no group; any other integers, they need not be contiguous.
        """


class Explainer(Component):
    """Attributes the target score to features."""

    kind = "explainer"
    claims: ClassVar[Collection[str]] = ()
    default_scale: ClassVar[str] = "logit"
    signed: ClassVar[bool] = True
    min_groups: ClassVar[int] = 1

    @abstractmethod
    def explain(self, query: Query) -> Tensor | Explanation:
        """Explain `query.target` of `query.inputs`.

        Returns:
            A signed attribution (B,*shape), (B,1,H,W) or (B,G); or an `Explanation` with more in it.
            Positive raises the score; units are those of the target's scale. No abs, clip, normalisation or resizing.
        """


class Baseline(Component):
    """Builds reference inputs that stand for absence, or samples of other classes."""

    kind = "baseline"

    @abstractmethod
    def build(self, query: Query) -> Tensor:
        """Return (n,B,*shape) in pixel space, the dtype and device of `query.inputs`."""


class Removal(Protocol):
    """How absence is realised for one query: coalitions in, logits out."""

    def __call__(self, rows: Tensor, keep: Tensor) -> Tensor:
        """Logits (R,K) of samples `rows` (R,) with only the groups `keep` (R,G) bool present; -1 features stay."""


class Imputer(Component):
    """Realises the absence of feature groups."""

    kind = "imputer"
    ragged: ClassVar[bool] = False
    """True lets a game put rows with the same number of kept groups together (their cost differs)."""

    @abstractmethod
    def bind(self, query: Query) -> Removal:
        """Prepare what does not change from coalition to coalition; called once per query."""


class PixelImputer(Imputer):
    """An imputer that makes new inputs; the model sees the whole of them."""

    stochastic: ClassVar[bool] = False
    """True asks for one generator per row."""

    @abstractmethod
    def impute(
        self,
        inputs: Tensor,
        keep: Tensor,
        *,
        baseline: Tensor | None = None,
        generators: Sequence[Generator] | None = None,
    ) -> Tensor:
        """Replace what is not kept.

        Args:
            inputs: (R,*shape).
            keep: (R,*grid) bool, the grid of the feature groups.
            baseline: (R,*shape), iff `needs` has it.
            generators: one per row, each seeded by its sample and coalition; iff `stochastic`.

        Returns:
            (R,*shape); kept features bit-equal to `inputs`.
        """

    def bind(self, query: Query) -> Removal:
        from xaiplug.game.removal import PixelRemoval

        return PixelRemoval(self, query)


class Metric(Component):
    """Measures one explanation against its model or a known truth."""

    kind = "metric"
    default_scale: ClassVar[str | None] = None
    """Scale of the scores it asks the model for; None = the explanation's."""

    @abstractmethod
    def measure(self, query: Query, explanation: Explanation) -> Tensor | MetricResult:
        """Values (B,), NaN where undefined; or a `MetricResult` with a curve."""


class PairMetric(Component):
    """Compares the explanations that several models give of the same samples."""

    kind = "metric"
    needs = ("models",)

    @abstractmethod
    def compare(self, views: Sequence[View]) -> MetricResult:
        """One view per model, same samples in the same order."""


class RetrainMetric(Component):
    """Retrains a task's network on data that the explanations changed."""

    kind = "metric"
    needs = ("task",)

    @abstractmethod
    def retrain(
        self, task: BoundTask, explain: Callable[[Model, Samples], Explanation], seeds: Sequence[int]
    ) -> MetricResult:
        """Retrain from scratch once per seed.

        Args:
            task: the study's own task: its samples, its model, and `refit(samples, seed=...)`.
            explain: gives the explanations of any samples by any model, as the study asks for them.
            seeds: of the study.

        Returns:
            values (S,), one per retraining seed.
        """


def _plain(value: Any) -> Any:
    if isinstance(value, Component):
        return value.describe()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
