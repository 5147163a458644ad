"""What must hold of any greedy order: additive, monotone and submodular games; traces; stopping; batches."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError, NonFiniteError
from xaiplug_moxi.ops import first_best, rank_weights

MODES = ["insertion", "deletion"]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=6, unique=True))
def test_an_additive_game_is_ranked_by_its_weights(weights):
    """No interactions; insertion, deletion, MoXI(-) and Shapley values all have the one order."""
    net = nn.Linear(len(weights), 1, bias=False).double()
    net.weight.data = torch.tensor([weights], dtype=torch.float64)
    x, falling = (
        torch.ones(1, len(weights), dtype=torch.float64),
        sorted(range(len(weights)), key=lambda i: -weights[i]),
    )
    for mode in MODES:
        ex = xaiplug.explain(net, x, "moxi", mode=mode)
        assert ex.order[0].tolist() == falling
        assert not ex.extras["interaction"].any()
        single = xaiplug.explain(net, x, "moxi-single", mode=mode)
        assert single.order[0].tolist() == falling
        share = 1 if mode == "insertion" else len(weights)
        torch.testing.assert_close(single.attribution[0] * share, net.weight[0].detach())


@pytest.mark.parametrize("mode", MODES)
def test_traces(random_games, mode):
    games = random_games(4, 20, classes=3)
    ex = games.explain(mode=mode)
    assert (ex.order.sort(1).values == torch.arange(4)).all()
    first, last = (ex.base_score, ex.score) if mode == "insertion" else (ex.score, ex.base_score)
    assert torch.equal(ex.extras["reward"][:, 0], first)
    assert torch.equal(ex.extras["reward"][:, -1], last)
    alone = games.explain("moxi-single", mode=mode, target=ex.target)
    best = alone.attribution.amax(1)
    gain = ex.extras["reward"][:, 1] - first if mode == "insertion" else (first - ex.extras["reward"][:, 1]) / 4
    torch.testing.assert_close(gain, best)
    assert torch.equal(ex.sets.values, ex.extras["reward"][:, 1:])
    assert torch.equal(ex.sets.members.sum(2), torch.arange(1, 5).expand(20, 4))
    probability = ex.extras["probability"]
    torch.testing.assert_close(probability.logit(), ex.extras["reward"])
    assert ((probability > 0.5) <= ex.extras["correct"].bool()).all()


@pytest.mark.parametrize("mode", MODES)
def test_rising_transforms_of_the_score_change_nothing(random_games, mode):
    """Within one class, probability, its logarithm and its log-odds rise together."""
    games = random_games(5, 60, classes=4, seed=2)
    scales = ("log_odds", "probability", "log_probability")
    orders = [games.explain(mode=mode, scale=scale).order for scale in scales]
    assert all(torch.equal(order, orders[0]) for order in orders)


def test_of_two_classes_the_log_odds_are_the_difference(random_games):
    games = random_games(4, 10, classes=2)
    values = games.net.values
    ex = games.explain(target=1)
    torch.testing.assert_close(ex.score, values[:, -1, 1] - values[:, -1, 0])


def covers(generator, players=5, items=8):
    """A weighted coverage game (2^n,): monotone and submodular, as SET-SUM is."""
    sets = torch.rand(players, items, generator=generator) < 0.4
    weights = torch.randint(1, 9, (items,), generator=generator).double()
    codes = (torch.arange(2**players)[:, None] >> torch.arange(players)) % 2 == 1
    return ((codes[:, :, None] & sets).any(1) * weights).sum(1)


def lazy(values, players):
    """Minoux's accelerated greedy: old gains are upper bounds. The order is the same only for submodular games."""
    bounds, chosen, order = [float("inf")] * players, 0, []
    for _ in range(players):
        fresh = set()
        while True:
            top = min((b for b in range(players) if not chosen >> b & 1), key=lambda b: (-bounds[b], b))
            if top in fresh:
                break
            bounds[top] = (values[chosen | 1 << top] - values[chosen]).item()
            fresh.add(top)
        chosen |= 1 << top
        order.append(top)
    return order


def test_submodular_games(games_of):
    """Greedy has at least 1 - 1/e of the best set of each size, and lazy greedy takes the same order."""
    generator = torch.Generator().manual_seed(5)
    values = torch.stack([covers(generator) for _ in range(40)])
    ex = games_of(values[..., None]).explain()
    sizes = torch.tensor([code.bit_count() for code in range(32)])
    for k in range(1, 6):
        best = values[:, sizes == k].amax(1)
        assert (ex.extras["reward"][:, k] >= (1 - 1 / torch.e) * best - 1e-9).all()
    assert (ex.extras["reward"].diff(dim=1) >= 0).all()
    # where nothing more is gained, gains are rounding errors and their order means nothing
    assert [lazy(game, 5) for game in values] == ex.order.tolist()


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(5)))
def test_players_may_be_renamed(order):
    """Group labels permuted, the same players are chosen."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)).double()
    x = torch.rand(2, 5, dtype=torch.float64)
    names = torch.tensor(order)
    plain, named = (
        xaiplug.explain(net, x, "moxi", segmenter=labels[None], baseline="black") for labels in (torch.arange(5), names)
    )
    assert torch.equal(named.order, names[plain.order])


@pytest.mark.parametrize(("mode", "stop"), [("insertion", "first-correct"), ("deletion", "first-wrong")])
def test_stopping_early_gives_a_prefix(random_games, mode, stop):
    games = random_games(5, 60, classes=3, seed=4)
    games.net.values[..., 0] += torch.tensor([code.bit_count() - 2.5 for code in range(32)])
    whole, stopped = games.explain(mode=mode), games.explain(mode=mode, stop=stop)
    steps = stopped.extras["stop_step"]
    assert torch.equal(steps, whole.extras["stop_step"])
    taken = (stopped.order >= 0).sum(1)
    assert torch.equal(taken, torch.where(steps < 0, 5, steps))
    assert taken.unique().numel() > 2
    for row, k in enumerate(taken.tolist()):
        assert torch.equal(stopped.order[row, :k], whole.order[row, :k])
        assert torch.equal(stopped.extras["reward"][row, : k + 1], whole.extras["reward"][row, : k + 1])
        assert stopped.extras["reward"][row, k + 1 :].isnan().all()
        weights = stopped.attribution[row, stopped.order[row, :k]]
        torch.testing.assert_close(weights, torch.arange(k, 0, -1).double() / k)
        right = whole.extras["correct"][row, 1:] == (mode == "insertion")
        assert int(steps[row]) == (int(right.nonzero()[0]) + 1 if right.any() else -1)
    forwards = sum(sum(5 - step for step in range(k)) for k in taken.tolist()) + 2 * len(taken)
    assert stopped.meta["forwards"] - len(taken) == stopped.meta["evaluations"] == forwards


def test_tau_waits_for_confidence(random_games):
    games = random_games(5, 60, classes=3, seed=4)
    plain = games.explain(stop="first-correct").extras["stop_step"]
    ex = games.explain(stop="first-correct", tau=0.7)
    found = ex.extras["stop_step"] > 0
    assert found.any()
    reached = ex.extras["probability"].gather(1, ex.extras["stop_step"].clamp(min=0)[:, None]).squeeze(1)
    assert (reached[found] > 0.7).all()
    assert (ex.extras["stop_step"][found] >= plain[found]).all()


def test_steps(random_games):
    games = random_games(5, 10)
    whole, some = games.explain(), games.explain(steps=2)
    assert some.order.shape == (10, 2)
    assert torch.equal(some.order, whole.order[:, :2])
    assert some.meta["forwards"] == 10 * (5 + 4 + 3)
    assert sorted(some.attribution[0].tolist()) == [0, 0, 0, 0.5, 1]
    assert games.explain(steps=99).order.shape == (10, 5)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("max_batch", [1, 7, "auto"])
def test_a_batch_is_one_by_one(random_games, mode, max_batch):
    games = random_games(4, 8, classes=3)
    stop = {"insertion": "first-correct", "deletion": "first-wrong"}[mode]
    batch = games.explain(mode=mode, stop=stop, max_batch=max_batch)
    for row in range(8):
        single = games.explain(rows=[row], mode=mode, stop=stop)
        assert torch.equal(single.order[0], batch.order[row])
        for name, value in single.extras.items():
            torch.testing.assert_close(value[0], batch.extras[name][row], equal_nan=True)
    assert batch.meta["forwards"] == sum(
        games.explain(rows=[row], mode=mode, stop=stop).meta["forwards"] for row in range(8)
    )


def test_sigmoid_models_are_asked_per_class(random_games):
    games = random_games(4, 6, classes=2)
    model = xaiplug.Model(games.net, output="sigmoid")
    ex = xaiplug.explain(model, games.inputs, "moxi", target=1, segmenter=games.labels, stop="first-correct")
    assert torch.equal(ex.score, games.net.values[:, -1, 1])
    known = ~ex.extras["correct"].isnan()
    assert torch.equal(ex.extras["correct"][known], (ex.extras["reward"][known] > 0).double())


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"stop": "first-wrong"}, "stops by 'first-correct' or 'none'"),
        ({"mode": "deletion", "stop": "first-correct"}, "stops by 'first-wrong' or 'none'"),
        ({"mode": "deletion", "tau": 0.5}, "tau is a probability to reach by insertion"),
        ({"stop": "first-correct"}, "has one output and predicts no class; use stop='none'"),
        ({"class_discriminative": True}, "give mode='deletion'"),
        ({"class_discriminative": True, "mode": "deletion"}, "sets one class against another"),
        ({"tau": 1.5}, "tau"),
        ({"steps": 0}, "steps"),
        ({"mode": "delete"}, "mode"),
    ],
)
def test_what_does_not_fit_is_an_error(random_games, params, message):
    with pytest.raises(ComponentError, match=message):
        random_games(3).explain(**params)


def test_nan_of_a_masked_input_is_an_error(random_games):
    games = random_games(3)
    games.net.values[0, 5] = torch.nan
    with pytest.raises(NonFiniteError, match=r"for sample 0 with 2 of its 3 groups kept"):
        games.explain()


def test_an_undefined_empty_input_is_no_error(random_games):
    """Mean-pooled transformers have no value for no tokens."""
    games = random_games(3)
    games.net.values[0, 0] = torch.nan
    ex = games.explain(mode="deletion")
    assert ex.order.min() >= 0
    assert ex.extras["reward"][0].isnan().tolist() == [False, False, False, True]
    assert games.explain().order.min() >= 0


def test_first_best_is_the_first_of_equals():
    values = torch.tensor([[1.0, 2, 2, torch.nan], [torch.nan, -torch.inf, -torch.inf, 5]])
    allowed = torch.tensor([[True] * 4, [True, True, True, False]])
    assert first_best(values, allowed, largest=True).tolist() == [1, 1]
    assert first_best(values, allowed, largest=False).tolist() == [0, 1]
    assert first_best(values.fill_(torch.nan), allowed, largest=False).tolist() == [0, 0]


def test_rank_weights_of_a_part_of_the_order():
    order = torch.tensor([[3, 1, 0, -1]])
    counted = torch.tensor([[False, True, True, True]])
    players = torch.tensor([[True] * 4 + [False]])
    weights = rank_weights(order, counted, players)[0]
    assert weights[:4].tolist() == [0.5, 1, 0, 0]
    assert weights[4].isnan()
