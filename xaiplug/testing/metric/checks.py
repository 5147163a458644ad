"""Checks of metrics."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xaiplug.data.exact import STATEMENTS
from xaiplug.data.explanation import Explanation
from xaiplug.data.groups import on_grid
from xaiplug.data.joining import take
from xaiplug.data.result import MetricResult
from xaiplug.data.target import SCALES
from xaiplug.errors import ShapeError, XaiplugError, listing
from xaiplug.kinds import NEEDS, Metric
from xaiplug.model.adapter import Model
from xaiplug.model.query import Query
from xaiplug.testing.metric.scenes import ask_metric, measured, metric_scene, metrics_take, question, views
from xaiplug.testing.shared.common import COMMON
from xaiplug.testing.shared.compare import TOLERANCE, largest_error, nudged, rounded, same
from xaiplug.testing.shared.functions import Linear
from xaiplug.testing.shared.inputs import kinds_taken
from xaiplug.testing.shared.layouts import channels_last, gapped, spread
from xaiplug.testing.shared.nets import seeded
from xaiplug.testing.shared.scenes import Scene, scene
from xaiplug.testing.shared.seeding import two_states
from xaiplug.testing.shared.types import Measured, Skip, Violation, check
from xaiplug.testing.shared.untouched import model_unchanged, tensors_of, unchanged, untouched_by
from xaiplug.testing.shared.wrapped import with_head

LEVELS = ("input", "spatial", "group")


def _one_model(metric: Any) -> str | None:
    return None if isinstance(metric, Metric) else "compares several models, or retrains them"


@check("input-kinds")
def input_kinds(metric: Any) -> Measured:
    """Maps of images, rows and embeddings are measured, or refused with a clear error; at least one is measured."""
    found = metrics_take(metric)
    for kind, error in found.items():
        if isinstance(error, Skip):
            raise error
        if isinstance(error, ShapeError) and "must return" in str(error):
            raise Violation(f"{kind}: {error}")
    return kinds_taken(found)


@check("levels")
def levels(metric: Any) -> Measured:
    """Maps (B,*shape), (B,1,H,W) and group attributions (B,G) are measured, or refused with a clear error."""
    made, taken = metric_scene(metric), []
    for level in LEVELS:
        try:
            measured(metric, made, level=level)
            taken.append(level)
        except XaiplugError:
            continue
        except Exception as error:
            raise Violation(f"level {level}: {type(error).__name__}: {error}") from error
    return Measured(detail=f"measures {', '.join(taken)}")


@check("values")
def values(metric: Any) -> Measured:
    """Values (B,) or (1,), floating point, no infinity; a curve has rising steps; the direction is a known one."""
    result = measured(metric, metric_scene(metric))
    if not result.values.is_floating_point():
        raise Violation(f"values are {result.values.dtype}, expected floating point (NaN = undefined)")
    _no_infinity(result, "the kit's map")
    if result.curve is not None and result.steps is not None:
        if not bool((result.steps.diff() > 0).all()):
            raise Violation("the steps of the curve must rise")
        if not bool(torch.isfinite(result.curve).all()):
            raise Violation("NaN or infinity in the curve")
    if result.better not in ("higher", "lower", None):
        raise Violation(f"better must be 'higher', 'lower' or None, got {result.better!r}")
    text = "no direction" if result.better is None else f"{result.better} is better"
    return Measured(detail=f"{text}; {'per sample' if len(result.values) > 1 else 'per study'}")


def _no_infinity(result: MetricResult, what: str) -> None:
    if bool(result.values.isinf().any()):
        raise Violation(f"infinity for {what}; what is undefined is NaN")


@check("precision")
def precision(metric: Any) -> Measured:
    """float64 works and gives float64, close to what float32 gives (unless it draws: seeds follow the bytes)."""
    made = metric_scene(metric)
    single, double = measured(metric, made).values, measured(metric, made.to(torch.float64)).values
    if double.dtype != torch.float64:
        raise Violation(f"float64 inputs gave values {double.dtype}")
    if not torch.equal(measured(metric, made, seed=1).values.nan_to_num(), single.nan_to_num()):
        return Measured(detail="depends on the seed")
    return same(single.double(), double, 1e-3, "float32 and float64 give different values")


@check("odd-maps")
def odd_maps(metric: Any) -> Measured:
    """A map of zeros and a constant map give a number or NaN; a random map gives a number."""
    made = metric_scene(metric)
    if bool(measured(metric, made).values.isnan().all()):
        raise Skip("undefined for a plain map")
    said = []
    for name, fill in (("zeros", 0.0), ("ones", 1.0)):
        result = measured(metric, made, change=_with(lambda values, fill=fill: torch.full_like(values, fill)))
        _no_infinity(result, f"a map of {name}")
        said.append(f"{name}: {'NaN' if bool(result.values.isnan().any()) else 'a number'}")
    generator = torch.Generator().manual_seed(0)
    noise = _with(lambda values: torch.randn(values.shape, generator=generator).to(values))
    result = measured(metric, made, change=noise)
    if not bool(torch.isfinite(result.values).all()):
        raise Violation(f"a random map gives {result.values.tolist()}")
    return Measured(detail=", ".join(said))


def _with(change: Any) -> Any:
    def changed(explanation: Explanation) -> Explanation:
        return explanation.replace(attribution=change(explanation.attribution))

    return changed


@check("deterministic")
def deterministic(metric: Any) -> Measured:
    """The same seed gives the same value, whatever the global random state."""
    made = metric_scene(metric)
    first, second = two_states(lambda: measured(metric, made))
    return same(second.values, first.values, 1e-6, "a second call gives another value")


@check("global-rng-untouched")
def global_rng_untouched(metric: Any) -> None:
    """The global random states of torch, numpy and Python are neither advanced nor seeded."""
    made = metric_scene(metric).fresh()
    if isinstance(metric, Metric):
        query, explanation = question(metric, made)
        with torch.no_grad():
            untouched_by(lambda: metric.measure(query, explanation))
    else:
        seen = views(made)
        untouched_by(lambda: metric.compare(seen))


@check("batch-independent")
def batch_independent(metric: Any) -> Measured:
    """B samples at once, one by one, and in another order give the same values; a value per study ignores the order."""
    made, worst = metric_scene(metric), 0.0
    for dtype, tolerance in TOLERANCE.items():
        exact = made.to(dtype)
        whole = measured(metric, exact).values
        order = [2, 0, 1]
        turned = measured(metric, exact.rows(order)).values
        per_sample = len(whole) == len(made)
        want = whole[torch.tensor(order)] if per_sample else whole
        same(turned, want, tolerance, f"another order of the samples gives other values, {dtype}")
        if per_sample:
            single = torch.cat([measured(metric, exact.rows([row])).values for row in range(len(exact))])
            error = same(single, whole, tolerance, f"one by one differs from the batch, {dtype}").error or 0.0
            worst = max(worst, error if dtype == torch.float32 else 0.0)
    return Measured(worst, TOLERANCE[torch.float32])


@check("max-batch", applies=_one_model)
def max_batch(metric: Metric) -> Measured:
    """`max_batch` changes the cost, not the value."""
    query, explanation = question(metric, metric_scene(metric))
    want = ask_metric(metric, query, explanation).values
    tolerance = TOLERANCE[torch.float32]
    got = [ask_metric(metric, _fresh(query, max_batch=rows), explanation).values for rows in (1, 2)]

    def compare() -> Measured:
        found = [same(value, want, tolerance, "max_batch changes the value") for value in got]
        return max(found, key=lambda one: one.error or 0.0)

    def amplification() -> float:
        """By how much the value changes when every input changes by one unit in the last place."""
        moved = (_fresh(query, inputs=nudged(query.inputs, seed)) for seed in range(3))
        return max(largest_error(ask_metric(metric, one, explanation).values, want) for one in moved)

    return rounded(compare, amplification)


def _fresh(query: Query, **changes: Any) -> Query:
    """A copy whose draws start anew."""
    return query.replace(**changes, _generators={})


@check("memory-layout")
def memory_layout(metric: Any) -> Measured:
    """How the map, the samples and the weights lie in memory (channels last, with gaps) changes nothing."""
    made = metric_scene(metric)
    want, tolerance = measured(metric, made).values, TOLERANCE[torch.float32]
    layouts = [spread(made), channels_last(made)] if made.inputs.ndim == 4 else [spread(made)]
    got = [measured(metric, other, change=_with(gapped)).values for other in layouts]
    errors = [same(value, want, tolerance, "memory layout changes the value").error or 0.0 for value in got]
    return Measured(max(errors), tolerance)


@check("inputs-untouched")
def inputs_untouched(metric: Any) -> None:
    """The explanation and the tensors of the query are as before."""
    made = metric_scene(metric).fresh()
    if isinstance(metric, Metric):
        query, explanation = question(metric, made)
        tensors = {**tensors_of(query), "explanation": explanation.attribution}
        with torch.no_grad():
            unchanged(tensors, lambda: metric.measure(query, explanation))
    else:
        seen = views(made)
        tensors = {f"explanation of {view.model}": view.explanation.attribution for view in seen}
        unchanged(tensors, lambda: metric.compare(seen), "views")


@check("model-untouched", applies=_one_model)
def model_untouched(metric: Metric) -> None:
    """Parameters, buffers, gradients, flags and hooks are as before; with `reads_only`, all the time."""
    query, explanation = question(metric, metric_scene(metric).fresh())
    with torch.no_grad():
        model_unchanged(metric, query, lambda: metric.measure(query, explanation))


@check("prefers-truth", applies=_one_model)
def prefers_truth(metric: Metric) -> Measured:
    """Where a direction is declared, the true map of a known model is not worse than its opposite."""
    if "explainer" in metric.needs:
        raise Skip("measures an explainer, which has one map: there is no opposite")
    made = metric_scene(metric)
    size = made.inputs[0].numel()
    network = with_head(
        seeded(lambda: Linear(size, 2), gain=8 / size**0.5),
        lambda weight, bias: (torch.stack([weight[0], -weight[0]]), torch.zeros_like(bias)),
    )
    made = made.replace(network=network, target=torch.zeros_like(made.target))
    query, explanation = question(metric, made)
    truth = _truth(query, made)
    true, false = (
        ask_metric(metric, _fresh(query), explanation.replace(attribution=values, level="input"))
        for values in (truth, -truth if query.relevant is None else 1 - truth)
    )
    if true.better is None:
        raise Skip("declares no direction")
    if bool(true.values.isnan().all()):
        raise Skip("undefined for a plain map")
    gain = (true.mean() - false.mean()) * (1 if true.better == "higher" else -1)
    if not gain >= -1e-6:
        raise Violation(
            f"{true.better} is better, but the true map gets {true.mean():.3g} and its opposite {false.mean():.3g}"
        )
    return Measured(detail=f"{true.mean():.3g} for the true map, {false.mean():.3g} for its opposite")


def _truth(query: Query, made: Scene) -> Tensor:
    """The map that the metric is told of; of one that is told nothing, what every feature adds."""
    if query.exact is not None:
        groups = query.exact.groups
        each = (query.exact.values / groups.sizes()).nan_to_num()
        return on_grid(groups.broadcast(each), tuple(made.inputs.shape[1:])).expand_as(made.inputs).to(made.inputs)
    if query.relevant is None:
        return _effects(query, made)
    return on_grid(query.relevant, tuple(made.inputs.shape[1:])).expand_as(made.inputs).to(made.inputs)


def _effects(query: Query, made: Scene) -> Tensor:
    """w (x - baseline) of a linear model: what every feature adds to the score."""
    weight = made.network.head.weight[0].detach().view(made.inputs.shape[1:])  # type: ignore[union-attr, index]
    return weight * (made.inputs - made.baseline[0])


@check("declared-needs")
def declared_needs(metric: Any) -> Measured:
    """`needs`, `default_scale` and what is asked of a truth are known ones, and what is declared is enough."""
    unknown = set(metric.needs) - NEEDS
    if unknown:
        raise Violation(f"unknown need {listing(unknown)} (needs: {listing(NEEDS)})")
    scale = getattr(metric, "default_scale", None)
    if scale is not None and scale not in SCALES:
        raise Violation(f"unknown default_scale '{scale}' (scales: {listing(SCALES)})")
    asks = getattr(metric, "asks", None)
    if ("exact" in metric.needs) != (asks in STATEMENTS):
        raise Violation(f"asks a truth for {asks!r}, needs = {tuple(metric.needs)}; 'exact' goes with a statement")
    found = metrics_take(metric)
    if any(isinstance(made, Scene | Skip) for made in found.values()) or not isinstance(metric, Metric):
        return Measured(detail=f"needs {', '.join(sorted(metric.needs)) or 'nothing'}")
    for extra in ("baseline", "groups", "imputer", "relevant", "exact", "pool", "references", "explainer"):
        try:
            ask_metric(metric, *question(metric, scene("images"), needs=(*metric.needs, extra)))
        except Exception:
            continue
        raise Violation(f"uses query.{extra} without declaring it: needs = {(*metric.needs, extra)}")
    return Measured(detail="takes no kind of input, see input-kinds")


def _asks(metric: Any) -> str | None:
    return None if "explainer" in metric.needs else "asks no explainer again"


@check("explains-again", applies=_asks)
def explains_again(metric: Metric) -> Measured:
    """A metric that needs the explainer asks it, of other inputs, another model or other classes; the cost is counted.

    What the explainer says then decides: of an explainer with the same answer to everything the value is another.
    """
    made = metric_scene(metric)
    query, explanation = question(metric, made)
    asked = _Counting(query)
    with query.model.metered() as meter:
        value = ask_metric(metric, query.replace(explainer=asked), explanation).values
    if not asked.times:
        raise Violation("needs the explainer and never asks it")
    if not asked.other:
        raise Violation("asks the explainer what it was asked already: the same inputs, model and classes")
    if meter.forwards < asked.times:
        raise Violation(f"asked {asked.times} samples again, and {meter.forwards} forwards were counted")

    def unmoved(inputs: Tensor | None, model: Model | None, target: Tensor | None, rows: Tensor | None) -> Explanation:
        return explanation if rows is None else take(explanation, rows.tolist())

    fixed = _fresh(query, explainer=unmoved)
    if torch.equal(ask_metric(metric, fixed, explanation).values.nan_to_num(), value.nan_to_num()):
        raise Violation("an explainer with one answer to everything gets the same value")
    return Measured(detail=f"asks {asked.times // len(made)} times a sample, {meter.forwards} forwards")


class _Counting:
    """The explainer of a query; how many samples it was asked about, and whether about anything new."""

    def __init__(self, query: Query) -> None:
        self.query, self.times, self.other = query, 0, False

    def __call__(
        self, inputs: Tensor | None, model: Model | None, target: Tensor | None, rows: Tensor | None
    ) -> Explanation:
        index = torch.arange(len(self.query)) if rows is None else rows
        same_inputs = inputs is None or torch.equal(inputs, self.query.inputs[index])
        same_target = target is None or torch.equal(target, self.query.target.index[index])
        self.other |= not (same_inputs and same_target and (model is None or model is self.query.model))
        self.times += len(index)
        return self.query.explain(inputs, model=model, target=target, rows=rows)


CHECKS = (
    input_kinds,
    levels,
    values,
    precision,
    odd_maps,
    deterministic,
    global_rng_untouched,
    batch_independent,
    max_batch,
    memory_layout,
    inputs_untouched,
    model_untouched,
    prefers_truth,
    declared_needs,
    explains_again,
    *COMMON,
)
