"""The exact answer: what fits, how it travels with samples, and who may ask it for what."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Exact, Explanation, FeatureGroups, Metric, Samples
from xaiplug.errors import ComponentError, DataError, ShapeError

LABELS = torch.tensor([[0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 2, -1]])


def exact(says=("sign", "share"), of="", **changes):
    groups = FeatureGroups.from_labels(LABELS)
    values = torch.arange(9.0).view(3, 3).masked_fill(~groups.players, torch.nan)
    return Exact(**{"groups": groups, "values": values, "says": says, "of": of} | changes)


class Asks(Metric):
    """The first value of the answer."""

    needs = ("exact",)
    asks = "share"

    def measure(self, query, explanation):
        return query.exact.values[:, 0].to(query.inputs)


def measured(answer, name="Linear", scale="logit"):
    torch.manual_seed(0)
    model = xaiplug.Model(nn.Linear(4, 2), name=name)
    inputs = torch.rand(3, 4)
    ex = xaiplug.explain(model, inputs, "gradient", scale=scale)
    return xaiplug.score(model, inputs, ex, Asks(), exact=answer).values.tolist()


def test_parts_must_fit():
    with pytest.raises(ShapeError, match=r"exact values must be \(3,3\)"):
        exact(values=torch.zeros(3, 2))
    with pytest.raises(ShapeError, match=r"exact interactions must be \(3,3,3\)"):
        exact(interactions=torch.zeros(3, 2, 2))
    with pytest.raises(DataError, match="did you mean 'share'"):
        exact(says=("shares",))
    with pytest.raises(DataError, match="has no interactions"):
        exact(says=("interaction",))


def test_it_travels_with_its_samples():
    samples = Samples(torch.rand(3, 4), torch.zeros(3), exact=exact(interactions=torch.rand(3, 3, 3)))
    assert samples.says == ("sign", "share")
    some = samples[[1, 0]]
    assert some.exact.values[:, 0].tolist() == [3, 0]
    assert some.exact.values.shape == (2, 2)
    assert some.exact.interactions.shape == (2, 2, 2)
    assert some.exact.says == samples.exact.says
    other = Samples(samples.inputs, samples.labels, exact=exact(says=("sign",)))
    plain = Samples(samples.inputs, samples.labels)
    assert len({one.fingerprint() for one in (samples, other, plain)}) == 3
    with pytest.raises(ShapeError, match="exact has 3 rows"):
        Samples(torch.rand(2, 4), torch.zeros(2), exact=exact())


def test_where_is_said_by_relevant():
    relevant = torch.ones(3, 4, dtype=torch.bool)
    assert Samples(torch.rand(3, 4), torch.zeros(3), relevant, exact=exact()).says == ("where", "sign", "share")
    assert Samples(torch.rand(3, 4), torch.zeros(3)).says == ()


def test_a_metric_gets_what_it_asks_for():
    assert measured(exact()) == [0, 3, 6]
    assert measured(exact(of="Linear")) == [0, 3, 6]


@pytest.mark.parametrize(
    ("answer", "options", "message"),
    [
        (None, {}, "give exact="),
        (exact(says=("sign",)), {}, "asks a truth for 'share', and this one says 'sign': that is undefined"),
        (exact(of="max"), {}, "is of model 'max', not of 'Linear'"),
        (exact(), {"scale": "probability"}, "explain scale='logit'"),
    ],
)
def test_what_is_undefined_is_refused(answer, options, message):
    with pytest.raises(ComponentError, match=message):
        measured(answer, **options)


def test_an_explanation_of_the_same_samples():
    with pytest.raises(ShapeError, match="of 3 samples, and there are 2"):
        xaiplug.score(nn.Linear(4, 2), torch.rand(2, 4), Explanation(torch.rand(2, 4)), Asks(), exact=exact())
