"""A metric asks the explainer again: as it was asked, about other inputs, another model, other classes."""

import pytest
import torch

import xaiplug
from xaiplug.errors import ComponentError, ShapeError
from xaiplug.model import reweighted


class Anew(xaiplug.Metric):
    """Difference of the map asked again: 0 where it was asked as before."""

    needs = ("explainer",)

    def measure(self, query, explanation):
        again = query.explain()
        assert again.target.index.equal(explanation.target.index)
        assert again.target.scale == explanation.target.scale
        return (again.attribution - explanation.attribution).nan_to_num().flatten(1).abs().amax(1)


class Asks(xaiplug.Metric):
    """Hands its query to a test."""

    needs = ("explainer",)

    def measure(self, query, explanation):
        SEEN.append(query)
        return ASK[0](query)


SEEN: list = []
ASK: list = [None]


def ask(model, inputs, explanation, what, **given):
    ASK[0] = lambda query: what(query).attribution.nan_to_num().flatten(1).abs().amax(1)
    return xaiplug.score(model, inputs, explanation, Asks(), **given)


class Draws(xaiplug.Explainer):
    """Noise, twice."""

    def explain(self, query):
        query.normal(3)
        return query.normal(*query.inputs.shape[1:])


@pytest.mark.parametrize(
    ("explainer", "given"),
    [
        ("integrated-gradients", {"baseline": ("blur", {"sigma": 1.0}), "scale": "probability", "target": 3}),
        ("smoothgrad", {"seed": 4}),
        ("kernel-shap", {"segmenter": "grid", "imputer": "baseline", "baseline": ("mean", {"of": "image"}), "seed": 2}),
        (Draws(), {"seed": 7}),
        ("expected-ig", {"references": "dataset-sample"}),
    ],
)
def test_it_is_asked_as_it_was(small_cnn, images, explainer, given):
    if "references" in given:
        given = {**given, "pool": (images.flip(3), torch.zeros(3, dtype=torch.int64))}
    ex = xaiplug.explain(small_cnn, images, explainer, **given)
    assert xaiplug.score(small_cnn, images, ex, Anew(), seed=11).values.tolist() == [0.0] * 3


def test_other_inputs_another_model_other_classes(small_cnn, images):
    ex = xaiplug.explain(small_cnn, images, "gradient", target=1, scale="probability")
    moved = xaiplug.explain(small_cnn, 0.5 * images, "gradient", target=1, scale="probability")
    other = xaiplug.explain(small_cnn, images, "gradient", target=torch.tensor([2, 0, 4]), scale="probability")
    found = []

    def everything(query):
        copy = reweighted(query.model, {"4.weight": query.model.network[4].weight + 1})
        found.append(query.explain(0.5 * query.inputs))
        found.append(query.explain(target=torch.tensor([2, 0, 4])))
        found.append(query.explain(model=copy))
        return found[-1]

    ask(small_cnn, images, ex, everything)
    torch.testing.assert_close(found[0].attribution, moved.attribution)
    torch.testing.assert_close(found[1].attribution, other.attribution)
    with torch.no_grad():
        small_cnn[4].weight += 1
    copied = xaiplug.explain(small_cnn, images, "gradient", target=1, scale="probability")
    torch.testing.assert_close(found[2].attribution, copied.attribution)


def test_what_it_costs_is_counted_on_copies_too(small_cnn, images):
    ex = xaiplug.explain(small_cnn, images, ("smoothgrad", {"samples": 5}))
    result = ask(small_cnn, images, ex, lambda query: query.explain(model=reweighted(query.model, {})))
    # the classes of the three samples, then of each five noisy copies, and the score that the copy gives them
    assert (result.meta["forwards"], result.meta["backwards"]) == (3 + 15 + 3, 15)
    assert result.meta["seconds"] > 0


def test_nothing_is_left_behind(small_cnn, images):
    class Spoils(xaiplug.Explainer):
        def explain(self, query):
            with torch.no_grad():
                query.model.network[4].weight.zero_()
            return query.gradient(query.inputs)

    small_cnn.train()
    before, pixels = {k: v.clone() for k, v in small_cnn.state_dict().items()}, images.clone()
    ex = xaiplug.explain(small_cnn, images, Spoils(), target=0)

    def twice(query):
        query.explain(model=reweighted(query.model, {"4.bias": torch.ones(5)}))
        assert query.model.network[4].weight.equal(before["4.weight"])
        return query.explain(query.inputs.mul(0.5))

    ask(small_cnn, images, ex, twice)
    assert all(before[k].equal(v) for k, v in small_cnn.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in small_cnn.parameters())
    assert small_cnn.training
    assert images.equal(pixels)


def test_without_an_explainer_it_is_an_error(small_cnn, images, tmp_path):
    ex = xaiplug.explain(small_cnn, images, "gradient")
    kept = xaiplug.Explanation.load(ex.save(tmp_path / "map.safetensors"))
    for other in (kept, xaiplug.Explanation(torch.rand(3, 3, 12, 12))):
        with pytest.raises(ComponentError, match=r"'Anew' asks the explainer again, and .* came without one"):
            xaiplug.score(small_cnn, images, other, Anew())
    with pytest.raises(ShapeError, match=r"inputs like the samples \(3, 3, 12, 12\), got \(2, 3, 12, 12\)"):
        ask(small_cnn, images, ex, lambda query: query.explain(images[:2]))
    with pytest.raises(ShapeError, match=r"a class a sample \(3,\), got \(1,\)"):
        ask(small_cnn, images, ex, lambda query: query.explain(target=torch.tensor([1])))


def test_the_seed_of_the_question(small_cnn, images):
    ex = xaiplug.explain(small_cnn, images, "gradient", seed=3)
    for seed in (0, 5):
        SEEN.clear()
        ask(small_cnn, images, ex, lambda query: query.explain(), seed=seed)
        assert SEEN[0].seed == seed


def test_some_samples_alone_with_what_is_theirs(small_cnn, images):
    baseline = torch.rand(2, 3, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(144).view(1, 12, 12).expand(3, 12, 12) // torch.tensor([36, 48, 72])[:, None, None]
    for name, given in (
        ("kernel-shap", {"segmenter": labels, "baseline": baseline}),
        ("gradient-shap", {"references": baseline}),
        ("smoothgrad", {}),
    ):
        ex = xaiplug.explain(small_cnn, images, name, target=torch.tensor([1, 2, 3]), **given)
        found = []

        def some(query, found=found):
            found.append(query.explain(rows=torch.tensor([2, 0])))
            return query.explain(query.inputs[[2, 0]], rows=torch.tensor([2, 0]), target=torch.tensor([3, 1]))

        ASK[0] = lambda query, some=some: some(query).attribution.new_zeros(3)
        xaiplug.score(small_cnn, images, ex, Asks())
        (part,) = found
        assert part.target.index.tolist() == [3, 1]
        count = part.attribution.shape[1]
        torch.testing.assert_close(part.attribution, ex.attribution[[2, 0], :count], equal_nan=True)
