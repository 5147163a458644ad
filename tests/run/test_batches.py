"""Explanations in parts."""

import pytest
import torch

from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.data.groups import FeatureGroups
from xaiplug.data.target import Target
from xaiplug.run import batches


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
    joined = batches.join([grouped([[0, 1, 1]], 2.0), grouped([[0, 1, 2], [0, 0, 0]])])
    assert joined.attribution.isnan().tolist() == [[False, False, True], [False] * 3, [False, True, True]]
    assert joined.order.tolist() == [[0, 1, -1], [0, 1, 2], [0, 1, 2]]
    assert joined.sets.members.shape == (3, 1, 3)
    assert joined.groups.counts.tolist() == [2, 3, 1]
    assert joined.extras["kept"].dtype == torch.bool
    assert joined.target.index.tolist() == [0, 0, 1]
    assert joined.meta == {"forwards": 6, "seconds": 3.0, "peak_bytes": 2, "seed": 0}


def test_taking_samples_undoes_joining():
    first, second = grouped([[0, 1, 1]]), grouped([[0, 1, 2], [0, 0, 0]])
    joined = batches.join([first, second])
    taken = batches.take(joined, [0])
    assert torch.equal(taken.attribution, first.attribution)
    assert torch.equal(taken.sets.members, first.sets.members)
    assert taken.groups.count == 2
    again = batches.take(joined, [1, 2])
    assert torch.equal(again.attribution.nan_to_num(9), second.attribution.nan_to_num(9))
    assert batches.take(joined, [0, 1, 2]) is joined


def test_running_out_of_memory_makes_batches_smaller_and_loses_nothing(monkeypatch):
    monkeypatch.setattr(batches, "ELEMENTS", 8)
    sizes = []

    def work(rows):
        sizes.append(len(rows))
        if len(rows) > 2:
            raise torch.OutOfMemoryError("out of memory")
        return rows

    assert batches.in_batches(5, 1, work) == [[0, 1], [2, 3], [4]]
    assert sizes == [5, 4, 2, 2, 1]


def test_other_errors_are_not_swallowed():
    with pytest.raises(RuntimeError, match="else"):
        batches.in_batches(3, 1, lambda rows: (_ for _ in ()).throw(RuntimeError("something else")))
