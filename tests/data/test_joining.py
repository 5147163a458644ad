"""Explanations in parts."""

import torch

from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.data.groups import FeatureGroups
from xaiplug.data.joining import join, take
from xaiplug.data.target import Target


def grouped(labels, seconds=1.0):
    groups = FeatureGroups.from_labels(torch.tensor(labels))
    values = torch.where(groups.players, torch.arange(groups.count, dtype=torch.float32), torch.nan)
    members = groups.players[:, None, :] & (torch.arange(groups.count) < 1)
    return Explanation(
        values,
        "group",
        Target(torch.arange(len(labels))),
        groups,
        SetScores(members, torch.ones(len(labels), 1)),
        torch.arange(groups.count).expand(len(labels), -1),
        score=torch.ones(len(labels)),
        extras={"kept": torch.zeros(len(labels), groups.count, dtype=torch.bool)},
        meta={"forwards": 3, "seconds": seconds, "peak_bytes": int(seconds), "seed": 0},
    )


def test_joined_groups_are_padded_and_costs_add_up():
    joined = join([grouped([[0, 1, 1]], 2.0), grouped([[0, 1, 2], [0, 0, 0]])])
    assert joined.attribution.isnan().tolist() == [[False, False, True], [False] * 3, [False, True, True]]
    assert joined.order.tolist() == [[0, 1, -1], [0, 1, 2], [0, 1, 2]]
    assert joined.sets.members.shape == (3, 1, 3)
    assert joined.groups.counts.tolist() == [2, 3, 1]
    assert joined.extras["kept"].dtype == torch.bool
    assert joined.target.index.tolist() == [0, 0, 1]
    assert joined.meta == {"forwards": 6, "seconds": 3.0, "peak_bytes": 2, "seed": 0}


def test_taking_samples_undoes_joining():
    first, second = grouped([[0, 1, 1]]), grouped([[0, 1, 2], [0, 0, 0]])
    joined = join([first, second])
    taken = take(joined, [0])
    assert torch.equal(taken.attribution, first.attribution)
    assert torch.equal(taken.sets.members, first.sets.members)
    assert taken.groups.count == 2
    again = take(joined, [1, 2])
    assert torch.equal(again.attribution.nan_to_num(9), second.attribution.nan_to_num(9))
    assert take(joined, [0, 1, 2]) is joined
