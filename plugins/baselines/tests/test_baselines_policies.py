"""Noise, reference policies, and the contract."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Model, Samples
from xaiplug.errors import ComponentError, DataError, ShapeError
from xaiplug.testing import baseline_checks

torch.manual_seed(0)
NET = nn.Linear(3, 4)
X = torch.rand(5, 3)
LABELS = torch.arange(20) % 4
POOL = Samples(torch.cat([torch.arange(20.0)[:, None], torch.rand(20, 2)], 1), LABELS)


class Shown(xaiplug.Explainer):
    """Keeps what it was given: (n,B,F) as extras."""

    needs = ("references",)

    def explain(self, query):
        return xaiplug.Explanation(query.inputs.clone(), extras={"given": query.references.transpose(0, 1).clone()})


def chosen(policy, x=X, target=(0, 1, 2, 3, 0), pool=POOL, model=NET, **options):
    ex = xaiplug.explain(model, x, Shown(), target=list(target), references=policy, pool=pool, **options)
    return ex.extras["given"][..., 0].long()  # (B,n): numbers of pool samples


def test_other_class():
    given = chosen("other-class")
    assert given.shape == (5, 10)
    assert (LABELS[given] != torch.tensor([0, 1, 2, 3, 0])[:, None]).all()
    assert all(len(set(row.tolist())) == 10 for row in given)


def test_other_class_of_one_output_is_the_label_that_it_does_not_say():
    score = nn.Linear(3, 1)
    with torch.no_grad():
        score.weight.zero_()[0, 0], score.bias[0] = 1.0, 0.0
    x = torch.tensor([[0.9, 0, 0], [0.2, 0, 0], [-0.1, 0, 0]])
    labels = torch.arange(20) % 2
    pool = Samples(POOL.inputs, labels)
    for model, said in ((Model(score), [1, 0, 0]), (Model(score, output="sigmoid"), [1, 1, 0])):
        given = chosen("other-class", x, [0, 0, 0], pool, model)
        assert (labels[given] != torch.tensor(said)[:, None]).all()


def test_none_twice_before_all_have_come_once():
    given = chosen(("other-class", {"n": 30}))
    assert all(row.bincount(minlength=20).max() == 2 for row in given)


@pytest.mark.parametrize("per_class", [1, 2])
def test_few_of_each_class_before_classes_come_again(per_class):
    """Uneven classes: 14, 3, 2 and 1 of them; those of a class that is used up leave their place to the others."""
    labels = torch.tensor([0] * 14 + [1] * 3 + [2] * 2 + [3])
    pool = Samples(POOL.inputs, labels)
    params = {"n": 4, "per_class": per_class}
    given = chosen(("dataset-sample", params), pool=pool)
    counts = torch.stack([labels[row].bincount(minlength=4) for row in given])
    assert (counts == 1).all() if per_class == 1 else (counts.amax(1) <= 2).all()
    many = chosen(("dataset-sample", {"n": 12, "per_class": per_class}), pool=pool)
    assert all(len(set(row.tolist())) == 12 for row in many)
    assert (torch.stack([labels[row].bincount(minlength=4) for row in many]) == torch.tensor([6, 3, 2, 1])).all()
    others = chosen(("other-class", params), pool=pool)
    assert (labels[others] != torch.tensor([0, 1, 2, 3, 0])[:, None]).all()
    assert len({tuple(row.tolist()) for row in given}) > 1
    assert torch.equal(given, chosen(("dataset-sample", params), pool=pool))


def test_normal_class():
    assert (LABELS[chosen(("normal-class", {"normal": 3, "n": 5}), target=[0, 1, 2, 0, 0])] == 3).all()
    with pytest.warns(UserWarning, match="against itself"):
        chosen("normal-class")


def test_relevant_classes_are_the_runners_up():
    logits = NET(X)
    given = chosen(("relevant-classes", {"classes": 2, "n": 6}), target=logits.argmax(1).tolist())
    ranked = logits.argsort(1, descending=True)
    for b in range(5):
        assert set(LABELS[given[b]].tolist()) == set(ranked[b, 1:3].tolist())
    with pytest.raises(ComponentError, match="classes=4"):
        chosen(("relevant-classes", {"classes": 4}))


def test_nearest_labels_differ_in_the_explained_one_alone():
    labels = torch.tensor([[(c >> k) & 1 for k in range(4)] for c in range(16)])
    pool = Samples(torch.cat([torch.arange(16.0)[:, None], torch.rand(16, 2)], 1), labels)
    model = Model(NET, output="sigmoid")
    own = (NET(X) > 0).long()
    given = chosen(("nearest-labels", {"n": 1}), pool=pool, model=model)
    expected = own.clone()
    expected[torch.arange(5), torch.tensor([0, 1, 2, 3, 0])] = 0
    assert torch.equal(labels[given[:, 0]], expected)


def test_same_class_is_a_control_and_warns():
    with pytest.warns(UserWarning, match="control"):
        given = chosen(("same-class", {"n": 3}))
    assert (LABELS[given] == torch.tensor([0, 1, 2, 3, 0])[:, None]).all()


def test_a_sample_is_not_its_own_reference():
    given = chosen(("dataset-sample", {"n": 19}), x=POOL.inputs[:5])
    assert all(b not in given[b] for b in range(5))


def test_no_sample_fits():
    with pytest.raises(DataError, match="none of the pool's 20 samples fits sample 1"):
        chosen("other-class", pool=Samples(POOL.inputs, torch.ones(20, dtype=torch.int64)), target=[0, 1, 0, 0, 0])
    with pytest.raises(DataError, match="pool="):
        chosen("other-class", pool=None)


def test_draws_belong_to_the_sample():
    together = chosen("other-class", seed=4)
    alone = torch.cat([chosen("other-class", X[b : b + 1], [t], seed=4) for b, t in enumerate((0, 1, 2, 3, 0))])
    assert torch.equal(together, alone)
    assert not torch.equal(together, chosen("other-class", seed=5))


IMAGES = torch.rand(2, 3, 30, 30)
FLAT = nn.Sequential(nn.Flatten(), nn.Linear(2700, 2))


def built(baseline, x=IMAGES, model=FLAT):
    return xaiplug.explain(model, x, Shown(), references=baseline).extras["given"].transpose(0, 1)


def test_constants_and_noise():
    assert (built("white") == 1).all()
    assert built("black-white").flatten(1).amax(1).tolist() == [0, 1]
    far = built("max-distance")[0]
    assert ((far == 0) | (far == 1)).all()
    assert ((far - IMAGES).abs() >= 0.5).all()
    uniform = built(("uniform-noise", {"n": 3, "low": 0.2, "high": 0.4}))
    assert uniform.shape == (3, 2, 3, 30, 30)
    assert uniform.min() >= 0.2
    assert uniform.max() < 0.4
    assert uniform.mean().item() == pytest.approx(0.3, abs=0.005)
    noisy = built(("gaussian-noise", {"sigma": 0.01}))[0]
    inside = (IMAGES > 0.05) & (IMAGES < 0.95)
    assert (noisy - IMAGES)[inside].std().item() == pytest.approx(0.01, rel=0.05)
    with pytest.raises(ComponentError, match="low"):
        built(("uniform-noise", {"low": 2.0}))
    with pytest.raises(ComponentError, match="images"):
        built("white", X, NET)


NAMES = [
    *("black", "white", "mean", "blur", "uniform-noise", "gaussian-noise", "black-white", "max-distance"),
    *("dataset-sample", "other-class", "normal-class", "relevant-classes", "nearest-labels", "same-class"),
]


@pytest.mark.parametrize("check", baseline_checks(NAMES))
def test_conformance(check):
    check()


def without_labels(rows):
    labels = LABELS.clone()
    labels[rows] = -1
    return Samples(POOL.inputs, labels)


@pytest.mark.parametrize("policy", ["other-class", "normal-class", "relevant-classes", "nearest-labels", "same-class"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_samples_without_a_label_stand_for_no_class(policy):
    given = chosen((policy, {"n": 3}), pool=without_labels(slice(0, 12)))
    assert given.min() >= 12
    with pytest.raises(DataError, match=r"none of the pool's 20 samples \(20 of them have no label\) fits sample 0"):
        chosen(policy, pool=without_labels(slice(None)))


@pytest.mark.parametrize("labels", [None, torch.full((20,), -1)])
def test_any_sample_needs_no_labels(labels):
    assert chosen("dataset-sample", pool=(POOL.inputs, labels)).shape == (5, 10)
    with pytest.raises(DataError, match="20 of them have no label"):
        chosen("other-class", pool=(POOL.inputs, labels))


def test_a_pool_that_does_not_fit_is_an_error():
    for pool in ((POOL.inputs, LABELS[:5]), (POOL.inputs[:, :2], LABELS)):
        with pytest.raises(ShapeError, match=r"pool of inputs \(20, \d\) and labels"):
            chosen("dataset-sample", pool=pool)


def test_labels_of_classes_that_the_model_lacks_are_no_nearest_ones():
    with pytest.raises(DataError, match=r"labels \(20,\) up to 9 are not those of the model's 4 classes"):
        chosen("nearest-labels", pool=(POOL.inputs, LABELS + 6))
