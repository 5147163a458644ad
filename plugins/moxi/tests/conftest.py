"""Games as networks: any set function of n players, looked up in a table."""

import pytest
import torch
from torch import nn

import xaiplug


class TableGame(nn.Module):
    """Rows (B,n+1): n players, 1 = there, 0 = away; the last feature, in no group, says which game (games,2^n,K)."""

    def __init__(self, values):
        super().__init__()
        self.values = values
        self.players = values.shape[1].bit_length() - 1

    def forward(self, x):
        code = (x[:, :-1].long() << torch.arange(self.players)).sum(1)
        return self.values[x[:, -1].long(), code]


class Games:
    """Explains all games of a table (games,2^n,K) together, as one batch."""

    def __init__(self, values):
        self.net = TableGame(values)
        self.n = self.net.players
        self.inputs = torch.ones(len(values), self.n + 1, dtype=torch.float64)
        self.inputs[:, -1] = torch.arange(len(values))
        self.labels = torch.cat([torch.arange(self.n), torch.tensor([-1])]).expand(len(values), -1)

    def explain(self, explainer="moxi", rows=slice(None), **params):
        given = {"segmenter": self.labels[rows], "baseline": torch.zeros(self.n + 1, dtype=torch.float64), **params}
        return xaiplug.explain(self.net, self.inputs[rows], explainer, **given)


@pytest.fixture
def random_games():
    """`make(players, games=1, classes=1, seed=0)`, values N(0,1)."""

    def make(players, games=1, classes=1, seed=0):
        drawn = torch.randn(games, 2**players, classes, generator=torch.Generator().manual_seed(seed))
        return Games(drawn.double())

    return make


@pytest.fixture
def games_of():
    """`games_of(values)` with values (games,2^n,K)."""
    return Games
