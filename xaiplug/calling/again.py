"""The explainer of an explanation, asked again: about other inputs, another model, other classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from xaiplug.calling.asking import asking, base_query, complete, only_reads
from xaiplug.calling.given import Given
from xaiplug.data.explanation import Explanation
from xaiplug.data.target import Target
from xaiplug.errors import ComponentError, ShapeError
from xaiplug.kinds import Explainer
from xaiplug.model.adapter import Model
from xaiplug.model.answered import Answered
from xaiplug.model.query import Query


@dataclass(frozen=True, eq=False)
class Again:
    """How an explanation was asked for: `Explanation.again`."""

    explainer: Explainer
    given: Given
    target: Target | None
    seed: int

    def only_reads(self) -> bool:
        """Whether asking writes to no tensor of a network."""
        return only_reads(self.explainer, self.given)

    def on(self, query: Query) -> Asker:
        """Ready to be asked about the samples of a metric's query."""
        return Asker(self, query)


@dataclass(frozen=True, eq=False)
class AgainEach:
    """Of samples that were explained one by one: `Again` of each."""

    parts: tuple[Again, ...]

    def only_reads(self) -> bool:
        """As of `Again`."""
        return all(part.only_reads() for part in self.parts)

    def on(self, query: Query) -> Asker:
        """
        Raises:
            ComponentError: several samples at once.
        """
        raise ComponentError(
            "this was explained with forward_args, and is asked again with them: give them to score too"
        )


class Asker:
    """An explainer with all that it was given, for one batch of samples."""

    def __init__(self, again: Again, measured: Query) -> None:
        self.again, self.measured = again, measured

    @cached_property
    def query(self) -> Query:
        """What the explainer was asked; made when it is first asked again."""
        model, inputs = self.measured.model, self.measured.inputs
        target = self.again.target or self.measured.target
        target = Target(target.index.to(inputs.device), target.scale)
        with asking(model, reads_only=self.again.only_reads()):
            rows = self.measured.max_batch
            query = base_query(model, inputs, target=target, asks_first=False, seed=self.again.seed, max_batch=rows)
            return complete(query.replace(target=target), self.again.explainer, self.again.given)[0]

    def __call__(
        self, inputs: Tensor | None, model: Model | None, target: Tensor | None, rows: Tensor | None
    ) -> Explanation:
        """As `Query.explain`.

        Raises:
            ShapeError: inputs of another shape, or targets of another number.
        """
        was = self.query if rows is None else _of_rows(self.query, rows)
        if inputs is not None and inputs.shape != was.inputs.shape:
            raise ShapeError(f"expected inputs like the samples {tuple(was.inputs.shape)}, got {tuple(inputs.shape)}")
        if target is not None and target.shape != was.target.index.shape:
            raise ShapeError(f"expected a class a sample ({len(was)},), got {tuple(target.shape)}")
        query = was.replace(
            inputs=was.inputs.clone() if inputs is None else inputs.detach().to(was.inputs),
            model=model or was.model,
            target=was.target if target is None else Target(target.to(was.target.index), was.target.scale),
            answered=Answered(),
            _generators={},
        )
        with asking(query.model, reads_only=self.again.only_reads()):
            return self.again.explainer.read(self.again.explainer.explain(query), query)


def _of_rows(query: Query, rows: Tensor) -> Query:
    """The question about some of its samples."""
    index = rows.to(query.inputs.device)
    along = {"baseline": 1, "references": 1, "relevant": 0, "labels": 0}
    held = {
        name: value.index_select(axis, index)
        for name, axis in along.items()
        if (value := getattr(query, name)) is not None
    }
    if query.groups is not None:
        held["groups"] = query.groups[index]
    target = Target(query.target.index[index], query.target.scale)
    return query.replace(
        inputs=query.inputs[index], target=target, seeds=query.seeds[rows.cpu()], _generators={}, **held
    )
