"""A small plug-in of every kind, for the tests of run files, runs and commands. Copied beside each test's run file."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import torch
from annotated_types import Ge

import xaiplug
from xaiplug.data.result import MetricResult
from xaiplug.grad import path_gradients


def note(what):
    """Leave a line in the file that the test watches."""
    if "TOY_LOG" in os.environ:
        with Path(os.environ["TOY_LOG"]).open("a") as log:
            log.write(what + "\n")


class Gradient(xaiplug.Explainer):
    """Gradient times a factor."""

    factor: float = 1.0
    """What the gradient is multiplied with."""

    def explain(self, query):
        note(f"gradient {query.model.name} {len(query)}")
        time.sleep(float(os.environ.get("TOY_SLEEP", "0")))
        return query.gradient(query.inputs) * self.factor


class Path_(xaiplug.Explainer):
    """Integrated gradients by the book."""

    needs = ("baseline",)
    steps: Annotated[int, Ge(1)] = 4
    """Points on the path."""

    def explain(self, query):
        base = query.baseline[0]
        points = torch.stack([base + (k + 0.5) / self.steps * (query.inputs - base) for k in range(self.steps)])
        return path_gradients(query, points).mean(0) * (query.inputs - base)


class Groups(xaiplug.Explainer):
    """Drop in score when a group is removed."""

    needs = ("groups", "imputer")

    def explain(self, query):
        game = xaiplug.MaskedGame(query)
        players = query.groups.players
        without = players[:, None] & ~torch.eye(query.groups.count, dtype=torch.bool)
        values = game.full()[:, None] - game(without)
        return torch.where(players, values, torch.nan)


class Referring(xaiplug.Explainer):
    """Difference to the mean reference."""

    needs = ("references",)

    def explain(self, query):
        return query.inputs - query.references.mean(0)


class Noise(xaiplug.Explainer):
    """Draws, to see that they do not depend on the batch."""

    def explain(self, query):
        return query.normal(*query.inputs.shape[1:])


class Broken(xaiplug.Explainer):
    """Raises, returns NaN, or returns the wrong shape."""

    how: str = "raise"

    def explain(self, query):
        if Path("mended").exists():
            return query.inputs
        if self.how == "nan":
            return query.inputs * torch.nan
        if self.how == "shape":
            return query.inputs[:, :1, :1]
        raise RuntimeError("the toy is broken")


class Wrapper(xaiplug.Explainer):
    """Another explainer's map, negated."""

    base: xaiplug.Use[xaiplug.Explainer] = xaiplug.use("toy-gradient")
    """What is wrapped."""

    @property
    def needs(self):
        return self.base.needs

    def explain(self, query):
        return -self.base.explain(query)


class Halves(xaiplug.Segmenter):
    """Left and right."""

    stochastic = False
    columns: int = 2

    def segment(self, images, seeds):
        note(f"segment {len(images)}")
        batch, _, height, width = images.shape
        column = torch.arange(width) * self.columns // width
        return column.expand(batch, height, width).contiguous()


class Constant(xaiplug.Baseline):
    """One value everywhere."""

    value: float = 0.0

    def build(self, query):
        return torch.full_like(query.inputs, self.value)[None]


class FromPool(xaiplug.Baseline):
    """The first n samples of the pool."""

    needs = ("pool",)
    n: int = 2

    def build(self, query):
        return query.pool.inputs[: self.n, None].expand(-1, len(query), *query.inputs.shape[1:])


class Fill(xaiplug.PixelImputer):
    """The baseline where nothing is kept."""

    needs = ("baseline",)

    def impute(self, inputs, keep, *, baseline=None, generators=None):
        return torch.where(keep[:, None], inputs, baseline)


class Size(xaiplug.Metric):
    """Mean absolute attribution."""

    def measure(self, query, explanation):
        note(f"size {len(query)}")
        return explanation.attribution.abs().flatten(1).nanmean(1)


class Inside(xaiplug.Metric):
    """Share of the absolute attribution on the truth."""

    needs = ("relevant",)

    def measure(self, query, explanation):
        mass = explanation.on_inputs().abs().sum(1)
        share = (mass * query.relevant).flatten(1).sum(1) / mass.flatten(1).sum(1)
        return MetricResult(share, better="higher", unit="share")


class Removing(xaiplug.Metric):
    """Score when the groups are removed one after the other."""

    needs = ("groups", "imputer")
    times: float = 1.0
    """What the mean is multiplied with."""

    def measure(self, query, explanation):
        game = xaiplug.MaskedGame(query)
        steps = torch.arange(query.groups.count + 1)
        keep = torch.arange(query.groups.count)[None] >= steps[:, None]
        curve = game(keep.expand(len(query), *keep.shape) & query.groups.players[:, None])
        return MetricResult(
            curve.mean(1) * self.times, curve=curve, steps=steps.double() / query.groups.count, better="lower"
        )


class Study(xaiplug.Metric):
    """One number for the study."""

    def measure(self, query, explanation):
        return explanation.attribution.mean().reshape(1)


class Again(xaiplug.Metric):
    """How far the map moves on darker inputs; the explainer is asked again."""

    needs = ("explainer",)

    def measure(self, query, explanation):
        darker = query.explain(0.5 * query.inputs).attribution
        moved = (darker - explanation.attribution).nan_to_num().flatten(1).norm(dim=1)
        return MetricResult(moved, extras={"size": darker.nan_to_num().flatten(1).norm(dim=1)})


class Agreement(xaiplug.PairMetric):
    """Mean absolute difference of the first two models' maps."""

    def compare(self, views):
        one, other = (view.explanation.attribution for view in views[:2])
        return MetricResult((one - other).abs().flatten(1).mean(1), better="lower")


class Minus(xaiplug.PairMetric):
    """Mean of the first model's map less the second's: the order of models counts."""

    def compare(self, views):
        one, other = (view.explanation.attribution for view in views[:2])
        return MetricResult((one - other).flatten(1).mean(1))


class Frozen(xaiplug.Metric):
    """How many parameters of the model ask for gradients while it is asked."""

    def measure(self, query, explanation):
        asking = sum(parameter.requires_grad for parameter in query.model.module.parameters())
        return explanation.attribution.new_full((len(query),), asking)


class FrozenToo(xaiplug.Explainer):
    """The same as a map."""

    def explain(self, query):
        asking = sum(parameter.requires_grad for parameter in query.model.module.parameters())
        return torch.full_like(query.inputs, asking)


class FrozenAll(xaiplug.PairMetric):
    """The same of all models that are compared."""

    def compare(self, views):
        asking = sum(p.requires_grad for view in views for p in view.query.model.module.parameters())
        return MetricResult(views[0].explanation.attribution.new_full((len(views[0].query),), asking))


class Retrained(xaiplug.RetrainMetric):
    """Counts what it is given."""

    def retrain(self, task, explain, seeds):
        train = task.samples("train", limit=3)
        explanation = explain(task.model(), train)
        values = torch.tensor([float(len(explanation)), float(len(seeds))])
        return MetricResult(values, curve=torch.ones(2, 2), steps=torch.tensor([0.0, 1.0]), better="lower")


@xaiplug.hookimpl
def xaiplug_explainers():
    paper = xaiplug.Paper("On toys", "Toy, T. and Boy, B.", 2020, venue="Toys")
    return [
        xaiplug.Spec("toy-gradient", Gradient, "Gradient times a factor.", paper),
        xaiplug.Spec("toy-path", Path_, "Integrated gradients."),
        xaiplug.Spec("toy-groups", Groups, "Occlusion of groups."),
        xaiplug.Spec("toy-referring", Referring, "Difference to references."),
        xaiplug.Spec("toy-noise", Noise, "Noise."),
        xaiplug.Spec("toy-unfrozen", FrozenToo, "Parameters that ask for gradients."),
        xaiplug.Spec("toy-broken", Broken, "Broken."),
        xaiplug.Spec("toy-wrapper", Wrapper, "Another one negated."),
    ]


@xaiplug.hookimpl
def xaiplug_segmenters():
    return [xaiplug.Spec("toy-halves", Halves, "Left and right.")]


@xaiplug.hookimpl
def xaiplug_baselines():
    return [
        xaiplug.Spec("toy-constant", Constant, "One value."),
        xaiplug.Spec("toy-pool", FromPool, "Samples of the pool."),
    ]


@xaiplug.hookimpl
def xaiplug_imputers():
    return [xaiplug.Spec("toy-fill", Fill, "Fill with the baseline.")]


@xaiplug.hookimpl
def xaiplug_metrics():
    return [
        xaiplug.Spec("toy-size", Size, "Mean absolute attribution."),
        xaiplug.Spec("toy-inside", Inside, "Share on the truth."),
        xaiplug.Spec("toy-removing", Removing, "Removal curve."),
        xaiplug.Spec("toy-study", Study, "One number."),
        xaiplug.Spec("toy-again", Again, "Change on darker inputs."),
        xaiplug.Spec("toy-agreement", Agreement, "Agreement of models."),
        xaiplug.Spec("toy-minus", Minus, "Difference of models."),
        xaiplug.Spec("toy-unfrozen", Frozen, "Parameters that ask for gradients."),
        xaiplug.Spec("toy-unfrozen-all", FrozenAll, "Parameters that ask for gradients."),
        xaiplug.Spec("toy-retrained", Retrained, "Retraining."),
    ]
