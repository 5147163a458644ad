"""What an explainer is asked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

import torch
from torch import Tensor

from xaiplug.data.exact import Exact
from xaiplug.data.finite import all_finite
from xaiplug.data.groups import FeatureGroups
from xaiplug.data.samples import Pool, unknown
from xaiplug.data.seeds import SampleSeeds
from xaiplug.data.target import Target, Wanted
from xaiplug.errors import ComponentError, NonFiniteError
from xaiplug.model import asked
from xaiplug.model.answered import Answered
from xaiplug.model.draws import Draws
from xaiplug.model.passes import held, in_chunks
from xaiplug.model.passes.chunks import Result

if TYPE_CHECKING:
    from xaiplug.data.explanation import Explanation
    from xaiplug.model.adapter import Model

MaxBatch = int | Literal["auto"]


class Removal(Protocol):
    """How absence is realised for one query: coalitions in, logits out."""

    def __call__(self, rows: Tensor, keep: Tensor) -> Tensor:
        """Logits (R,K) of samples `rows` (R,) with only the groups `keep` (R,G) bool present; -1 features stay."""


class Imputing(Protocol):
    """What a query and a game ask of an imputer (`xaiplug.Imputer`)."""

    @property
    def needs(self) -> Collection[str]: ...

    @property
    def ragged(self) -> bool: ...

    def bind(self, query: Query) -> Removal: ...

    def describe(self) -> dict[str, Any]: ...


class Explaining(Protocol):
    """The explainer of an explanation, asked again; see `Query.explain`."""

    def __call__(
        self, inputs: Tensor | None, model: Model | None, target: Tensor | None, rows: Tensor | None
    ) -> Explanation: ...


@dataclass(frozen=True, eq=False)
class Query(Draws):
    """One batch of questions to one model.

    Args:
        model: the adapter; its outputs are logits (B,K).
        inputs: (B,*shape): images (B,C,H,W) in pixel space, embeddings (B,L,D), rows (B,F).
        wanted: class index and scale of the score, or what the first answer of the model makes of them: `target`.
        seeding: of the samples, (B,) int64, or what gives them when somebody draws: `seeds`.
        groups, baseline (n,B,*shape), references (n,B,*shape), pool, imputer, relevant (B,H,W), exact, explainer:
            present iff the component has them in `needs`.
        labels: (B,), -1 = unknown, or None; see `truth`.
        max_batch: rows per forward, or "auto".
        stream: which of a sample's streams of draws; `drawing`.
    """

    model: Model
    inputs: Tensor
    wanted: Target | Wanted
    seeding: Tensor | SampleSeeds
    groups: FeatureGroups | None = None
    baseline: Tensor | None = None
    references: Tensor | None = None
    pool: Pool | None = None
    imputer: Imputing | None = None
    relevant: Tensor | None = None
    exact: Exact | None = None
    explainer: Explaining | None = None
    labels: Tensor | None = None
    max_batch: MaxBatch = "auto"
    stream: str = ""
    answered: Answered = field(default_factory=Answered, repr=False)
    _generators: dict[int, torch.Generator] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return int(self.inputs.shape[0])

    @property
    def seeds(self) -> Tensor:
        """(B,) int64."""
        return self.seeding if isinstance(self.seeding, Tensor) else self.seeding.values

    @property
    def logits(self) -> Tensor:
        """Logits (B,K) of the inputs themselves: what a pass has shown already, else of one forward."""
        known = self.answered.whole(len(self))
        if known is None:
            known = asked.once(
                self.model.module,
                lambda: {"inputs": self.inputs, "rows": self.max_batch},
                lambda: self.forward(self.inputs, torch.arange(len(self))),
            )
            self.answered.keep(0, known)
        return known

    @cached_property
    def target(self) -> Target:
        """Class index and scale of the score."""
        if isinstance(self.wanted, Target):
            return self.wanted
        return self.wanted.of(self.logits, slice(0, len(self)), self.model.output)

    def saw(self, part: slice, logits: Tensor) -> Target:
        """The target of the samples `part`, whose logits (R,K) a pass through the untouched model has just given."""
        self.model.check_classes(logits.shape[1])
        self.answered.keep(part.start, logits)
        if isinstance(self.wanted, Target):
            return Target(self.wanted.index[part], self.wanted.scale)
        return self.wanted.of(logits, part, self.model.output)

    @property
    def scores(self) -> Tensor:
        """Scores (B,) of the inputs themselves, at no further forward."""
        return self.target.score(self.logits, output=self.model.output)

    @property
    def truth(self) -> Tensor:
        """(B,) the class that is right: the label, or where nobody knows it the explained class.

        Of a model with one output the classes are 0 and 1, and the explained one is 1. Where some labels are known and
        some are not, a warning says so.
        """
        explained = torch.ones_like(self.target.index) if self.logits.shape[1] == 1 else self.target.index
        if self.labels is None:
            return explained
        without = unknown(self.labels)
        if bool(without.any()) and not bool(without.all()):
            warnings.warn(
                f"{int(without.sum())} of {len(self)} samples have no label: what is counted as right there is the "
                "explained class",
                stacklevel=3,
            )
        return torch.where(without, explained, self.labels) if self.labels.ndim == 1 else self.labels

    def replace(self, **changes: Any) -> Query:
        """A copy with some fields changed; draws go on where this query's stopped."""
        if changes.keys() & {"inputs", "model"}:
            changes = {"answered": Answered(), "target": self.target, **changes}
        fields = {"target": "wanted", "seeds": "seeding"}
        changes = {fields.get(name, name): value for name, value in changes.items()}
        return replace(self, **changes)

    def require(self, name: str) -> Any:
        """A field that the caller declared in `needs`.

        Raises:
            ComponentError: it is not there.
        """
        value = getattr(self, name)
        if value is None:
            raise ComponentError(
                f"this method needs '{name}' and the query has none; declare it in `needs` and give it"
            )
        return value

    def explain(
        self,
        inputs: Tensor | None = None,
        *,
        model: Model | None = None,
        target: Tensor | None = None,
        rows: Tensor | None = None,
    ) -> Explanation:
        """What the explainer of the explanation that a metric measures says of something else.

        It is asked as it was: same parameters, baseline, references, groups and draws of each sample, its scale.

        Args:
            inputs: (B,*shape), row b in place of sample b; None = the samples themselves.
            model: another one, such as a `reweighted` copy; None = this one.
            target: (B,) int64, other classes; None = those that were explained.
            rows: (R,) int64, samples that alone are asked about; inputs and target then have R rows.

        Raises:
            ComponentError: the metric has no "explainer" in `needs`.
        """
        explainer: Explaining = self.require("explainer")
        return explainer(inputs, model, target, rows)

    def forward(self, x: Tensor, rows: Tensor | None = None) -> Tensor:
        """Logits (R,K) of x (R,*shape), chunked, without a graph; `rows` (R,) says whose sample each is, for errors."""
        with torch.no_grad(), self.naming(rows):
            return self.in_passes(lambda part: self.model(x[part]), len(x), "forward")

    def in_passes(self, run: Callable[[slice], Result], rows: int, kind: str, *, elements: int | None = None) -> Result:
        """`run(slice)` over rows like the inputs, concatenated; as many at a time as suits the network and its memory.

        Args:
            kind: what is run; where memory ran out is remembered for it.
            elements: numbers held per row; None = found by the network's widest activation.
        """
        if elements is None and self.max_batch == "auto":
            elements = held(self.model.network, self.inputs, rows, self.model)
        return in_chunks(run, rows, elements or 0, self.max_batch, (kind, self.model.module))

    def score(self, x: Tensor, rows: Tensor | None = None) -> Tensor:
        """Target scores (R,) of x (R,*shape); row r is scored for sample `rows[r]` (default: row r for sample r).

        Keeps the graph when `x` requires gradients, so that it can be differentiated; chunked otherwise.
        """
        whose = torch.arange(len(x)) if rows is None else rows
        if x.requires_grad and torch.is_grad_enabled():
            with self.naming(whose):
                return self.target.score(self.model(x), rows, self.model.output)
        return self.target.score(self.forward(x, whose), rows, self.model.output)

    def gradient(self, x: Tensor | None = None, rows: Tensor | None = None) -> Tensor:
        """Gradient of the target score at x (R,*shape), like x, in memory too; chunked, no graph kept.

        Without x it is that of the inputs themselves, and nobody else asks about them: what the pass says (`saw`) is
        `scores`, and the predicted class of a method that is not `asks_first`.
        """
        return self.score_and_gradient(x, rows)[1]

    def score_and_gradient(self, x: Tensor | None = None, rows: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Scores (R,) and gradients (R,*shape) at x (R,*shape), one forward and one backward per row."""
        own, x = x is None, self.inputs if x is None else x
        whose = range(len(x)) if rows is None else rows

        def scores(chunk: slice, logits: Tensor) -> Tensor:
            if own:
                return self.saw(chunk, logits).score(logits, output=self.model.output)
            of = torch.arange(chunk.start, chunk.stop, device=x.device) if rows is None else rows[chunk]
            return self.target.score(logits, of, self.model.output)

        def part(chunk: slice) -> tuple[Tensor, Tensor]:
            with torch.enable_grad():
                at = x[chunk].detach().requires_grad_()
                score = scores(chunk, self.model(at))
                (gradient,) = torch.autograd.grad(score.sum(), at)
            if not all_finite(gradient):
                struck = (~gradient.isfinite()).flatten(1).any(1).nonzero().flatten().tolist()
                raise NonFiniteError(f"model '{self.model.name}' has a gradient of NaN or infinity", struck)
            return score.detach(), _laid_out(gradient, at)

        with self.naming(whose):
            return self.in_passes(part, len(x), "backward")

    @contextmanager
    def naming(self, rows: Tensor | range | None) -> Iterator[None]:
        """A NonFiniteError of the block names samples: its row r is of sample `rows[r]`; without `rows` it does not."""
        try:
            yield
        except NonFiniteError as error:
            if rows is None or not error.rows:
                raise
            samples = sorted({int(rows[row]) for row in error.rows})
            raise NonFiniteError(f"{error} for sample {', '.join(map(str, samples))}") from error

    @property
    def seed(self) -> int:
        """Of the question: for what all samples share, as a network's weights; `normal`, ... draw what one has."""
        return self.seeding.seed if isinstance(self.seeding, SampleSeeds) else 0

    def drawing(self, stream: str) -> Query:
        """A copy whose draws are those of a stream of its own, from its start, whatever was drawn before."""
        return replace(self, stream=stream, _generators={})

    def once(self, question: str, parts: Mapping[str, Any], answer: Callable[[], Tensor]) -> Tensor:
        """`answer()`, or what it was for another score of the same run.

        Args:
            question: the name of what is asked about the inputs, their target and seeds.
            parts: all that the answer depends on beside these.
        """
        target = {"index": self.target.index, "scale": self.target.scale}
        own = {"inputs": self.inputs, "target": target, "seeds": [self.seeds, self.stream], "rows": self.max_batch}
        return asked.once(self.model.module, lambda: {"question": question, **own, **parts}, answer)


def _laid_out(values: Tensor, like: Tensor) -> Tensor:
    """`values` in the memory format of `like`: a network whose weights lie channels last has such gradients."""
    return values if values.stride() == like.stride() else torch.empty_like(like).copy_(values)
