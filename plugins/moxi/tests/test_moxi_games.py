"""Random games against brute force; the identities of the Shapley values and interactions."""

import pytest
import torch

import xaiplug

N = 5
EVERYONE = 2**N - 1


def greedy(values, mode):
    """The definition of Algorithms 1 and 2, one game (2^n,) at a time."""
    chosen, order = 0, []
    for _ in range(N):
        free = [b for b in range(N) if not chosen >> b & 1]
        if mode == "insertion":
            best = max(free, key=lambda b: (values[chosen | 1 << b].item(), -b))
        else:
            best = min(free, key=lambda b: (values[EVERYONE & ~(chosen | 1 << b)].item(), b))
        chosen |= 1 << best
        order.append(best)
    return order


@pytest.mark.parametrize("mode", ["insertion", "deletion"])
def test_600_games_by_brute_force(random_games, mode):
    games = random_games(N, 600)
    ex = games.explain(mode=mode)
    assert ex.order.tolist() == [greedy(game[:, 0], mode) for game in games.net.values]
    assert ex.meta["evaluations"] == ex.meta["forwards"] - 600 == 600 * (N * (N + 1) // 2 + 2)


def test_insertion_terms_are_the_gain(random_games):
    ex = random_games(N, 600).explain()
    gain = ex.extras["reward"].diff(dim=1)
    torch.testing.assert_close(ex.extras["phi"] + ex.extras["interaction"], gain, rtol=0, atol=1e-12)
    assert not ex.extras["interaction"][:, 0].any()


def test_the_corrected_deletion_identity(random_games):
    """f(N) - f(N∖(A∪b)) = [f(N) - f(N∖A)] + n φ(b) - (n-|A|) I(A,b); the printed signs and weights do not give it."""
    ex = random_games(N, 600).explain(mode="deletion")
    phi, interaction = ex.extras["phi"], ex.extras["interaction"]
    loss = ex.score[:, None] - ex.extras["reward"]
    weight = N - torch.arange(N)
    torch.testing.assert_close(loss[:, 1:], loss[:, :-1] + N * phi - weight * interaction, rtol=0, atol=1e-12)
    printed = loss[:, :-1] + phi + interaction
    assert (printed - loss[:, 1:]).abs().max() > 0.1


def test_each_choice_maximises_the_terms(random_games):
    """Over all candidates, not only the chosen: φ⁰ + I⁰ and n φ - (n-|A|) I have their best at b_k."""
    games = random_games(N, 40, seed=3)
    for values, order in zip(games.net.values[..., 0], games.explain(mode="deletion").order.tolist(), strict=True):
        taken = 0
        for size, chosen in enumerate(order):
            objective = {}
            for b in (b for b in range(N) if not taken >> b & 1):
                without = {s: values[EVERYONE & ~s] for s in (0, taken, 1 << b, taken | 1 << b)}
                phi = (without[0] - without[1 << b]) / N
                interaction = (without[0] - without[taken] - without[1 << b] + without[taken | 1 << b]) / (N - size)
                objective[b] = (N * phi - (N - size) * interaction).item()
            assert max(objective, key=objective.get) == chosen
            taken |= 1 << chosen


def test_single_is_the_first_step(random_games):
    games = random_games(N, 50)
    for mode in ("insertion", "deletion"):
        walk, single = games.explain(mode=mode), games.explain("moxi-single", mode=mode)
        assert single.meta["evaluations"] == single.meta["forwards"] - 50 == 50 * (N + 2)
        assert torch.equal(single.order[:, 0], walk.order[:, 0])
        best = single.attribution.gather(1, walk.order)
        torch.testing.assert_close(best, walk.extras["phi"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("scale", ["logit", "log_probability", "probability"])
@pytest.mark.parametrize("mode", ["insertion", "deletion"])
def test_a_curve_takes_over_what_a_walk_saw_where_it_is_the_same_score(random_games, mode, scale):
    games = random_games(N, 5, classes=3)
    ex = games.explain(mode=mode, target=[0, 1, 2, 0, 1])
    assert "walk" in ex.extras
    given = {"by": "group", "scale": scale, "segmenter": games.labels}
    baseline = torch.zeros(N + 1, dtype=torch.float64)
    seen, fresh = (
        xaiplug.score(games.net, games.inputs, one, mode, baseline=baseline, **given)
        for one in (ex, ex.replace(extras={}))
    )
    torch.testing.assert_close(seen.curve, fresh.curve, rtol=0, atol=1e-12)


def test_samples_with_fewer_groups(random_games):
    """The second of three samples has two players, the third has none (all features stay)."""
    games = random_games(3, 3)
    labels = torch.tensor([[0, 1, 2, -1], [0, 1, 1, -1], [-1, -1, -1, -1]])
    ex = games.explain(segmenter=labels)
    assert (ex.order >= 0).sum(1).tolist() == [3, 2, 0]
    assert ex.attribution.isnan().sum(1).tolist() == [0, 1, 3]
    assert ex.meta["forwards"] == (6 + 3) + (3 + 3) + (0 + 3)
    assert ex.sets.values.isnan().sum(1).tolist() == [0, 1, 3]
    alone = games.explain(rows=[1], segmenter=labels[1:2])
    assert torch.equal(ex.order[1, :2], alone.order[0])
    torch.testing.assert_close(ex.extras["reward"][1, :3], alone.extras["reward"][0])


def test_one_player(games_of):
    ex = games_of(torch.tensor([[[1.0], [3.0]]], dtype=torch.float64)).explain()
    assert ex.order.tolist() == [[0]]
    assert ex.attribution.tolist() == [[1]]
    assert ex.extras["reward"].tolist() == [[1, 3]]
