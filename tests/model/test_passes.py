"""Samples of a study in parts."""

import pytest
import torch

from xaiplug.model.passes import chunks, in_parts


def test_running_out_of_memory_makes_batches_smaller_and_loses_nothing(monkeypatch):
    monkeypatch.setattr(chunks, "_STUDY_ELEMENTS", 8)
    sizes = []

    def work(rows):
        sizes.append(len(rows))
        if len(rows) > 2:
            raise torch.OutOfMemoryError("out of memory")
        return rows

    assert in_parts(work, 5, 1) == [[0, 1], [2, 3], [4]]
    assert sizes == [5, 4, 2, 2, 1]


def test_other_errors_are_not_swallowed():
    with pytest.raises(RuntimeError, match="else"):
        in_parts(lambda rows: (_ for _ in ()).throw(RuntimeError("something else")), 3, 1)
