"""Class-discriminative deletion (Appendix F): a class that is not predicted, in two phases."""

import pytest
import torch
from torch import nn

import xaiplug


@pytest.fixture
def two_objects():
    """Six pixels, three classes: pixels 0,1 speak for class 0 (predicted), 2,3 for class 1, 4 for both, 5 for none."""
    net = nn.Linear(6, 3).double()
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[4.0, 3, 0, 0, 1, 0], [0, -1, 3, 2.5, 1, 0], [0, 0, 0, 0, 0, 0]]))
        net.bias.copy_(torch.tensor([0.0, 0, 0.5]))
    return net, torch.ones(1, 6, dtype=torch.float64)


def test_the_map_has_the_second_phase_alone(two_objects):
    net, x = two_objects
    assert net(x).argmax() == 0
    ex = xaiplug.explain(net, x, "moxi", target=1, mode="deletion", class_discriminative=True)
    assert ex.order[0, 0] in (0, 1)  # what holds up class 0
    phases = ex.extras["phase"][0]
    first = int((phases == 0).sum())
    assert phases[:first].eq(0).all()
    removed = torch.ones(6, dtype=torch.float64)
    for step, (player, phase) in enumerate(zip(ex.order[0].tolist(), phases.tolist(), strict=True)):
        if player < 0:
            break
        assert (net((removed * x[0])[None]).argmax() == 1) == (phase == 1)
        removed[player] = 0
        predicted = net((removed * x[0])[None]).argmax()
        assert bool(ex.extras["correct"][0, step + 1]) == (predicted == 1)
    assert ex.extras["stop_step"][0] == step  # the last one, when class 1 is predicted no longer
    mapped = ex.attribution[0].nonzero().flatten().tolist()
    assert mapped == sorted(ex.order[0][phases == 1].tolist())
    assert mapped == [2]  # the strongest of class 1; without it class 0 leads again


def test_the_first_phase_sets_one_class_against_the_other(two_objects):
    net, x = two_objects
    ex = xaiplug.explain(net, x, "moxi", target=1, mode="deletion", class_discriminative=True)
    odds = [xaiplug.Target(torch.tensor([label]), "log_odds").score(net(x)) for label in (0, 1)]
    assert ex.extras["reward"][0, 0] == odds[0][0] - odds[1][0]
    torch.testing.assert_close(ex.score, odds[1])
    candidates = x - torch.eye(6, dtype=torch.float64)
    contrast = [xaiplug.Target(torch.full((6,), label), "log_odds").score(net(candidates)) for label in (0, 1)]
    assert ex.order[0, 0] == (contrast[0] - contrast[1]).argmin()


def test_a_predicted_target_is_plain_deletion(random_games):
    games = random_games(5, 40, classes=3)
    ex = games.explain(mode="deletion", class_discriminative=True)
    plain = games.explain(mode="deletion", stop="first-wrong")
    assert torch.equal(ex.order, plain.order)
    assert torch.equal(ex.attribution, plain.attribution)
    assert torch.equal(ex.extras["phase"] == 1, ex.order >= 0)


def test_a_class_that_never_leads_has_an_empty_map(random_games):
    games = random_games(4, 5, classes=3)
    games.net.values[..., 2] = -50
    ex = games.explain(mode="deletion", class_discriminative=True, target=2)
    assert not ex.attribution.any()
    assert (ex.order >= 0).all()
    assert (ex.extras["stop_step"] == -1).all()
    assert (ex.extras["phase"] == 0).all()


def test_random_games_by_the_book(random_games):
    """Both phases, one game at a time."""
    games = random_games(5, 60, classes=3, seed=9)
    ex = games.explain(mode="deletion", class_discriminative=True, target=1)
    assert len({tuple(phase) for phase in ex.extras["phase"].tolist()}) >= 5
    for values, order, phases in zip(games.net.values, ex.order.tolist(), ex.extras["phase"].tolist(), strict=True):
        assert by_the_book(values, 1) == [step for step in zip(order, phases, strict=True) if step[0] >= 0]


def by_the_book(values, target, players=5):
    odds = values.softmax(1).logit()
    everyone = 2**players - 1
    predicted, removed, steps = int(values[everyone].argmax()), 0, []
    phase = int(predicted == target)
    while removed != everyone:
        reward = odds[:, target] if phase else odds[:, predicted] - odds[:, target]
        free = [b for b in range(players) if not removed >> b & 1]
        best = min(free, key=lambda b: (reward[everyone & ~(removed | 1 << b)].item(), b))
        removed |= 1 << best
        steps.append((best, phase))
        leads = int(values[everyone & ~removed].argmax()) == target
        if phase and not leads:
            break
        phase = phase or int(leads)
    return steps


def test_batched_and_limited(random_games):
    games = random_games(5, 20, classes=3, seed=9)
    whole = games.explain(mode="deletion", class_discriminative=True, target=1)
    few = games.explain(mode="deletion", class_discriminative=True, target=1, steps=2)
    assert torch.equal(few.order, whole.order[:, :2])
    for row in range(20):
        alone = games.explain(rows=[row], mode="deletion", class_discriminative=True, target=1)
        assert torch.equal(alone.order[0], whole.order[row])
        torch.testing.assert_close(alone.attribution[0], whole.attribution[row])
