import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import FeatureGroups, MaskedGame, Model
from xaiplug.calling.asking import base_query
from xaiplug.errors import ComponentError, ShapeError


class Fill(xaiplug.PixelImputer):
    """The baseline outside the coalition."""

    needs = ("baseline",)

    def impute(self, inputs, keep, *, baseline=None, generators=None):
        return torch.where(keep, inputs, baseline)


class Noise(xaiplug.PixelImputer):
    """Noise outside the coalition."""

    stochastic = True

    def impute(self, inputs, keep, *, baseline=None, generators=None):
        noise = torch.stack([torch.rand(inputs.shape[1:], generator=g, dtype=inputs.dtype) for g in generators])
        return torch.where(keep, inputs, noise)


class Tokens(xaiplug.Imputer):
    """Counts kept groups; sees its rows sorted by that count."""

    ragged = True

    def bind(self, query):
        def removal(rows, keep):
            counts = keep.sum(1)
            assert (counts.diff() >= 0).all()
            return counts[:, None].double() + 100 * rows[:, None]

        return removal


@pytest.fixture
def query():
    """Four features in three groups; the second sample has only two, and one feature in no group."""
    net = nn.Linear(4, 1).double()
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[1.0, 2.0, 4.0, 8.0]]))
        net.bias.fill_(0.5)
    asked = base_query(Model(net), torch.ones(2, 4, dtype=torch.float64))
    groups = FeatureGroups.from_labels(torch.tensor([[0, 1, 2, 2], [0, 1, 1, -1]]))
    return asked.replace(groups=groups, baseline=torch.zeros(1, 2, 4, dtype=torch.float64), imputer=Fill())


def test_values_of_a_linear_game(query):
    game = MaskedGame(query)
    coalitions = torch.tensor([[[1, 0, 0], [0, 0, 1], [1, 1, 1]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]]).bool()
    assert game(coalitions).tolist() == [[1.5, 12.5, 15.5], [9.5, 14.5, 8.5]]
    assert game.full().tolist() == [15.5, 15.5]
    assert game.empty().tolist() == [0.5, 8.5]


def test_equal_coalitions_are_run_once(query):
    game = MaskedGame(query)
    coalitions = torch.zeros(2, 10, 3, dtype=torch.bool)
    coalitions[:, 5:, 0] = True
    coalitions[1, :, 2] = True
    with query.model.metered() as meter:
        values = game(coalitions)
    assert values[1].tolist() == [8.5] * 5 + [9.5] * 5
    assert game.evaluations == meter.forwards == 4


def test_chunks_change_nothing(query):
    coalitions = torch.rand(2, 20, 3, generator=torch.Generator().manual_seed(0)) < 0.5
    whole = MaskedGame(query)(coalitions)
    for size in (1, 3):
        torch.testing.assert_close(MaskedGame(query.replace(max_batch=size))(coalitions), whole, rtol=1e-12, atol=0)


def test_noise_belongs_to_the_coalition_not_to_its_place(query):
    coalitions = torch.tensor([[[1, 0, 0], [0, 1, 0]], [[1, 0, 0], [0, 1, 0]]]).bool()
    first = MaskedGame(query, Noise())(coalitions)
    again = MaskedGame(query.replace(max_batch=1), Noise())(coalitions.flip(1)).flip(1)
    torch.testing.assert_close(first, again, rtol=1e-12, atol=0)
    assert not query.replace(seeds=query.seeds + 1).seeds.equal(query.seeds)
    other = MaskedGame(query.replace(seeds=query.seeds + 1), Noise())(coalitions)
    assert not torch.isclose(first, other).any()


def test_ragged_imputers_see_rows_of_one_size_together(query):
    coalitions = torch.rand(2, 12, 3, generator=torch.Generator().manual_seed(3)) < 0.5
    expected = (coalitions & query.groups.players[:, None]).sum(2).double() + torch.tensor([[0.0], [100.0]])
    assert MaskedGame(query, Tokens())(coalitions).equal(expected)


def test_several_baselines_are_averaged(query):
    two = query.replace(baseline=torch.stack([torch.zeros_like(query.inputs), torch.ones_like(query.inputs)]))
    assert MaskedGame(two).empty().tolist() == [8.0, 12.0]


def test_wrong_calls(query):
    with pytest.raises(ShapeError, match=r"coalitions must be \(4,3\) bool"):
        MaskedGame(query)(torch.zeros(2, 2, 4, dtype=torch.bool))
    with pytest.raises(ComponentError, match="needs feature groups and an imputer"):
        MaskedGame(query.replace(groups=None))


def test_a_fingerprint_tells_games_apart():
    """By direction, imputer, baseline, groups, target and seed; sample by sample, whatever the batch."""
    net, x = torch.nn.Linear(4, 3), torch.rand(2, 4)
    groups = FeatureGroups.from_labels(torch.tensor([[0, 0, 1, 1], [0, 1, 2, 2]]))
    query = base_query(Model(net), x, target=1).replace(groups=groups, imputer=Fill(), baseline=torch.zeros(1, 2, 4))

    def of(direction="insertion", imputer=None, **changes):
        return MaskedGame(query.replace(**changes), imputer).fingerprint(direction)

    first = of()
    assert torch.equal(of(), first)
    assert first[0] != first[1]
    others = [
        of("deletion"),
        of(imputer=Noise()),
        of(baseline=torch.ones(1, 2, 4)),
        of(groups=FeatureGroups.from_labels(torch.tensor([[0, 1, 1, 1], [0, 0, 1, 2]]))),
        of(target=xaiplug.Target(torch.tensor([0, 2]))),
        of(seeds=query.seeds + 1),
    ]
    assert all((other != first).all() for other in others)
    row = {"inputs": x[1:], "groups": groups[1:], "baseline": torch.zeros(1, 1, 4), "seeds": query.seeds[1:]}
    alone = query.replace(target=xaiplug.Target(torch.tensor([1])), **row)
    assert MaskedGame(alone).fingerprint("insertion") == first[1]


def test_draws_for_as_many_groups_as_pixels():
    """A coalition of so many groups is a number of more digits than Python prints."""
    size = 20_000
    asked = base_query(Model(nn.Linear(size, 1)), torch.zeros(1, size))
    game = MaskedGame(asked.replace(groups=FeatureGroups.from_labels(torch.arange(size)[None]), imputer=Noise()))
    keep = torch.rand(1, 2, size, generator=torch.Generator().manual_seed(0)) < 0.5
    assert torch.equal(game(keep), game(keep))
    assert game(keep)[0, 0] != game(keep)[0, 1]
