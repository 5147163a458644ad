"""How the kit asks: the query that a component gets, and an explainer's answer to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from xaiplug.calling.again import Again
from xaiplug.calling.answering import run_explainer
from xaiplug.calling.asking import asking, base_query, complete
from xaiplug.calling.given import Given
from xaiplug.data.exact import Exact
from xaiplug.data.explanation import Explanation
from xaiplug.kinds import Component, Explainer
from xaiplug.model.adapter import Model
from xaiplug.model.query import MaxBatch, Query


def ask(
    component: Component,
    network: nn.Module | Model,
    inputs: Tensor,
    *,
    target: Any = None,
    scale: str | None = None,
    seed: int = 0,
    max_batch: MaxBatch = "auto",
    needs: Sequence[str] | None = None,
    segmenter: Any = None,
    baseline: Any = None,
    references: Any = None,
    imputer: Any = None,
    pool: Any = None,
    relevant: Tensor | None = None,
    exact: Exact | None = None,
    labels: Tensor | None = None,
    again: Again | None = None,
) -> Query:
    """A query for one component; of what is given, only what is in its `needs` (or in `needs`) gets in.

    >>> import torch, xaiplug
    >>> class Gradient(xaiplug.Explainer):
    ...     def explain(self, query):
    ...         return query.gradient(query.inputs)
    >>> query = ask(Gradient(), torch.nn.Linear(3, 2), torch.ones(1, 3), target=0)
    >>> Gradient().explain(query).shape
    torch.Size([1, 3])
    """
    model = Model.of(network)
    wanted = set(component.needs if needs is None else needs)
    if "imputer" in wanted:
        wanted |= {"groups", *getattr(imputer, "needs", ())}
    given = Given(
        segmenter=segmenter if "groups" in wanted else None,
        baseline=baseline if "baseline" in wanted else None,
        references=references if "references" in wanted else None,
        imputer=imputer if "imputer" in wanted else None,
        pool=pool if "pool" in wanted else None,
        relevant=relevant if "relevant" in wanted else None,
        exact=exact if "exact" in wanted else None,
        labels=labels,
        explainer=again if "explainer" in wanted else None,
    )
    asked: Any = component if needs is None else _Needing(component, tuple(needs))
    own_scale = getattr(component, "default_scale", "logit")
    with asking(model):
        query = base_query(
            model,
            inputs,
            target=target,
            scale=scale,
            own_scale=own_scale,
            asks_first=getattr(component, "asks_first", True),
            seed=seed,
            max_batch=max_batch,
        )
        return complete(query, asked, given)[0]


@dataclass(frozen=True)
class _Needing:
    """A component as if it needed something else."""

    component: Component
    needs: tuple[str, ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.component, name)


def answer(explainer: Explainer, query: Query) -> Explanation:
    """An explainer's answer behind the framework's guard, checked and completed."""
    with query.model.metered() as meter, asking(query.model):
        explanation = run_explainer(explainer, query)
    return explanation.with_meta(meter.meta())


class Removing(Explainer):
    """Stands for any game: groups and an imputer."""

    needs = ("groups", "imputer")

    def explain(self, query: Query) -> Tensor:
        raise NotImplementedError
