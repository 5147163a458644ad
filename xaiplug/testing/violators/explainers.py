"""Broken explainers."""

from __future__ import annotations

import itertools
from typing import Any

import torch
from torch import Tensor, nn

from xaiplug.components import Explainer
from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.data.query import Query
from xaiplug.errors import ModelError
from xaiplug.game.masked import MaskedGame
from xaiplug.testing.examples import Gradient, Grouped
from xaiplug.testing.violators.base import violator


class ImagesOnlyByAccident(Explainer):
    """Sums channels of whatever it gets."""

    def explain(self, query: Query) -> Tensor:
        height = query.inputs.shape[2]
        return query.gradient(query.inputs).mul(height)


class ChannelsSummed(Explainer):
    """(B,H,W): neither a map of the input nor (B,1,H,W)."""

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs).sum(1)


class PaddedWithZeros(Grouped):
    """Groups that a sample does not have get 0 where NaN is asked."""

    def explain(self, query: Query) -> Explanation:
        answered: Any = super().explain(query)
        assert query.groups is not None
        values = answered.attribution.masked_fill(~query.groups.players, 0.0)
        return answered.replace(attribution=values)  # type: ignore[no-any-return]


class DividesByDistance(Explainer):
    """0/0 where the input equals its baseline."""

    needs = ("baseline",)

    def explain(self, query: Query) -> Tensor:
        away = query.inputs - query.require("baseline")[0]
        largest = away.flatten(1).abs().amax(1).view(-1, *(1,) * (away.ndim - 1))
        return query.gradient(query.inputs).mul(away / largest)


class SinglePrecision(Explainer):
    """Computes in float32, whatever it is given."""

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs).float().to(query.inputs.dtype)


class CooksBooks(Explainer):
    """Reports a residual of 0 that is not."""

    needs = ("baseline",)

    def explain(self, query: Query) -> Explanation:
        baseline = query.require("baseline")[0]
        values = query.gradient(query.inputs) * (query.inputs - baseline)
        scores = query.scores
        return Explanation(values, score=scores, base_score=query.score(baseline), residual=torch.zeros_like(scores))


class BackwardIntoParameters(Explainer):
    """`.backward()` where `torch.autograd.grad` is meant: the parameters get gradients."""

    def explain(self, query: Query) -> Tensor:
        at = query.inputs.clone().requires_grad_()
        query.score(at).sum().backward()
        assert at.grad is not None
        return at.grad


class LeavesHook(Explainer):
    """Registers a hook and forgets it."""

    def explain(self, query: Query) -> Tensor:
        query.model.module.register_forward_hook(lambda *_: None)
        return query.gradient(query.inputs)


class LeavesHookOnError(Explainer):
    """Removes its hook, unless the model raises."""

    def explain(self, query: Query) -> Tensor:
        handle = query.model.module.register_forward_hook(lambda *_: None)
        gradient = query.gradient(query.inputs)
        handle.remove()
        return gradient


class MarksInputs(Explainer):
    """Switches gradients on for the user's own tensor."""

    def explain(self, query: Query) -> Tensor:
        inputs = query.inputs.requires_grad_()
        (gradient,) = torch.autograd.grad(query.score(inputs).sum(), inputs)
        return gradient


class SeedsGlobally(Explainer):
    """`torch.manual_seed` for noise that is the same for every sample."""

    def explain(self, query: Query) -> Tensor:
        torch.manual_seed(0)
        return query.gradient(query.inputs + 0.01 * torch.randn(query.inputs.shape[1:]).to(query.inputs))


class GradientsOff(Explainer):
    """Leaves gradients switched off for whoever called."""

    def explain(self, query: Query) -> Tensor:
        gradient = query.gradient(query.inputs)
        torch.set_grad_enabled(False)
        return gradient


class FollowsGlobalRandomness(Explainer):
    """Draws from the global random state, and puts it back."""

    def explain(self, query: Query) -> Tensor:
        with torch.random.fork_rng(devices=[]):
            noise = torch.randn(query.inputs.shape[1:]).to(query.inputs)
        return query.gradient(query.inputs + 0.01 * noise)


class FirstSeedForAll(Explainer):
    """One generator, seeded by the first sample, for the whole batch."""

    def explain(self, query: Query) -> Tensor:
        generator = torch.Generator().manual_seed(int(query.seeds[0]))
        noise = torch.randn(query.inputs.shape[1:], generator=generator).to(query.inputs)
        return query.gradient(query.inputs + 0.01 * noise)


class NormalisesOverBatch(Explainer):
    """Divides by the largest value of the batch."""

    def explain(self, query: Query) -> Tensor:
        gradient = query.gradient(query.inputs)
        return gradient / gradient.abs().max()


class ChunkStatistics(Explainer):
    """Divides each chunk by its own number of rows."""

    def explain(self, query: Query) -> Tensor:
        rows = query.max_batch if isinstance(query.max_batch, int) else 4
        return query.gradient(query.inputs) / rows


class CountsClasses(Explainer):
    """Weighs by the number of the class."""

    def explain(self, query: Query) -> Tensor:
        gradient = query.gradient(query.inputs)
        return gradient * (1 + query.target.index.to(gradient)).view(-1, *(1,) * (gradient.ndim - 1))


class FirstTargetForAll(Explainer):
    """Explains the first sample's class in every sample."""

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs, torch.zeros(len(query), dtype=torch.int64))


class WeighsByLabel(Grouped):
    """A group's number is taken for a quantity."""

    def explain(self, query: Query) -> Explanation:
        answered: Any = super().explain(query)
        values = answered.attribution
        return answered.replace(attribution=values * torch.arange(1, values.shape[1] + 1))  # type: ignore[no-any-return]


class AlwaysLogits(Explainer):
    """Explains the logit, whatever the target's scale."""

    def explain(self, query: Query) -> Tensor:
        with torch.enable_grad():
            at = query.inputs.clone().requires_grad_()
            logits = query.model(at).gather(1, query.target.index[:, None])
            (gradient,) = torch.autograd.grad(logits.sum(), at)
        return gradient


class Unsigned(Explainer):
    """Absolute gradients, declared as signed."""

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs).abs()


class ReadsActivationsLate(Explainer):
    """Keeps a layer's output itself, which an in-place ReLU then overwrites."""

    def explain(self, query: Query) -> Tensor:
        layers = [module for module in query.model.module.modules() if isinstance(module, nn.Conv2d)]
        if not layers:
            raise ModelError("needs a convolution")
        kept: list[Tensor] = []
        handle = layers[-1].register_forward_hook(lambda module, inputs, output: kept.append(output))
        try:
            query.forward(query.inputs)
        finally:
            handle.remove()
        strength = torch.cat(kept).flatten(1).mean(1)
        return query.gradient(query.inputs) * strength.view(-1, *(1,) * (query.inputs.ndim - 1))


class OneActivationPerModule(Explainer):
    """Remembers one activation for each ReLU module: of a reused one, the last."""

    def explain(self, query: Query) -> Tensor:
        kept: dict[nn.Module, Tensor] = {}

        def keep(module: nn.Module, inputs: Any, output: Tensor) -> None:
            kept[module] = output.flatten(1).mean(1)

        modules = [module for module in query.model.module.modules() if isinstance(module, nn.ReLU)]
        handles = [module.register_forward_hook(keep) for module in modules]
        try:
            with torch.no_grad():
                query.model(query.inputs)
        finally:
            for handle in handles:
                handle.remove()
        strength = torch.stack([*kept.values(), torch.ones_like(query.scores)]).sum(0)
        return query.gradient(query.inputs) * strength.view(-1, *(1,) * (query.inputs.ndim - 1))


class HidesNaN(Explainer):
    """Makes zeros of NaN."""

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs).nan_to_num()


class NeedsUndeclared(Explainer):
    """Uses a baseline that it does not declare."""

    def explain(self, query: Query) -> Tensor:
        baseline: Tensor = query.require("baseline")[0]
        return query.gradient(query.inputs) * (query.inputs - baseline)


class ClaimsUnknown(Gradient):
    """Claims an axiom that nobody knows."""

    claims = ("fidelity",)


class CannotPickle(Gradient):
    """Refuses to be pickled."""

    def __reduce__(self) -> Any:
        raise TypeError("holds an open file")


made = itertools.count()
"""Numbers for components whose behaviour is in no field."""


class HiddenState(Explainer):
    """What it computes depends on something that is no field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "salt", next(made))

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs).mul(1 + self.salt)  # type: ignore[attr-defined]


class GradientTimesInput(Explainer):
    """Complete on a network without biases and a zero baseline; nowhere else."""

    claims = ("completeness",)

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs) * query.inputs


class Spreads(Explainer):
    """Gives every feature a share of all the others'."""

    claims = ("dummy",)

    def explain(self, query: Query) -> Tensor:
        values = query.gradient(query.inputs)
        return values + 0.01 * values.flatten(1).mean(1).view(-1, *(1,) * (values.ndim - 1))


class GradientClaimsSensitivity(Gradient):
    """The gradient is 0 where the score is saturated."""

    claims = ("sensitivity",)


class LooksInside(Explainer):
    """Weighs by the size of the first parameter: another way to write the network, another map."""

    claims = ("implementation-invariance",)

    def explain(self, query: Query) -> Tensor:
        size = float(next(query.model.module.parameters()).detach().norm())
        return query.gradient(query.inputs) * size


class Normalises(Explainer):
    """Divides each map by its largest value."""

    claims = ("linearity",)

    def explain(self, query: Query) -> Tensor:
        values = query.gradient(query.inputs)
        return values / values.flatten(1).abs().amax(1).clamp(min=1e-12).view(-1, *(1,) * (values.ndim - 1))


class PrefersPlaces(Explainer):
    """Weighs features by where they are."""

    claims = ("symmetry",)

    def explain(self, query: Query) -> Tensor:
        values = query.gradient(query.inputs)
        places = torch.linspace(1, 2, values[0].numel(), dtype=values.dtype)
        return values * places.view(values.shape[1:])


class ProductsOfEffects(Explainer):
    """Calls the product of two groups' own effects their interaction."""

    needs = ("groups", "imputer")
    claims = ("interaction-values",)

    def explain(self, query: Query) -> Explanation:
        game, groups = MaskedGame(query), query.require("groups")
        batch, count = groups.players.shape
        one = torch.eye(count, dtype=torch.bool)
        effect = game.full()[:, None] - game(~one.expand(batch, -1, -1))
        first, second = torch.triu_indices(count, count, 1)
        exists = groups.players[:, first] & groups.players[:, second]
        members = (one[first] | one[second]).expand(batch, -1, -1) & exists[:, :, None]
        values = (effect[:, first] * effect[:, second] + 1e-3).masked_fill(~exists, torch.nan)
        return Explanation(
            effect.masked_fill(~groups.players, torch.nan), level="group", sets=SetScores(members, values)
        )


class Banzhaf(Explainer):
    """Every coalition equally likely: the Banzhaf value, claimed to be Shapley's."""

    needs = ("groups", "imputer")
    claims = ("unbiasedness",)

    def explain(self, query: Query) -> Explanation:
        game, groups = MaskedGame(query), query.require("groups")
        batch, count = groups.players.shape
        one = torch.eye(count, dtype=torch.bool)
        drawn = query.uniform(4, 64)[:, :, None, :count] < 0.5
        without = (drawn & ~one).flatten(1, 2)
        gain = game(without | one.repeat(4, 1)) - game(without)
        values = gain.view(batch, 4, count).mean(1)
        return Explanation(values.masked_fill(~groups.players, torch.nan), level="group")


EXPLAINERS = (
    violator("input-kinds", ImagesOnlyByAccident()),
    violator("shape", ChannelsSummed(), "input-kinds"),
    violator("shape", PaddedWithZeros(), "batch-independent"),
    violator("finite", DividesByDistance()),
    violator("precision", SinglePrecision()),
    violator("books", CooksBooks()),
    violator("model-untouched", BackwardIntoParameters()),
    violator("hooks-removed", LeavesHook(), "hooks-removed-on-error"),
    violator("hooks-removed-on-error", LeavesHookOnError()),
    violator("inputs-untouched", MarksInputs()),
    violator("global-rng-untouched", SeedsGlobally()),
    violator("gradient-mode", GradientsOff()),
    violator("deterministic", FollowsGlobalRandomness()),
    violator("own-seeds", FirstSeedForAll(), "batch-independent"),
    violator("batch-independent", NormalisesOverBatch(), "single-target"),
    violator("max-batch", ChunkStatistics()),
    violator("class-permutation", CountsClasses()),
    violator("single-target", FirstTargetForAll(), "batch-independent"),
    violator("group-relabelling", WeighsByLabel()),
    violator("scale", AlwaysLogits()),
    violator("sign", Unsigned()),
    violator("inplace-relu", ReadsActivationsLate()),
    violator("reused-relu", OneActivationPerModule()),
    violator("model-nan", HidesNaN()),
    violator("declared-needs", NeedsUndeclared(), "input-kinds"),
    violator("declared-attributes", ClaimsUnknown()),
    violator("pickles", CannotPickle()),
    violator("params-round-trip", HiddenState()),
    violator("completeness", GradientTimesInput()),
    violator("dummy", Spreads()),
    violator("sensitivity", GradientClaimsSensitivity()),
    violator("implementation-invariance", LooksInside()),
    violator("linearity", Normalises()),
    violator("symmetry", PrefersPlaces()),
    violator("interaction-values", ProductsOfEffects()),
    violator("unbiasedness", Banzhaf()),
)
