"""Samples of a study in parts, and rows of a network; memory that runs out."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ModelError
from xaiplug.model.passes import chunks, in_parts, is_out_of_memory


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


OUT_OF_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`"),
    RuntimeError("MPS backend out of memory (MPS allocated: 17.9 GB, max allowed: 18.1 GB)"),
    RuntimeError("HIP error: hipErrorOutOfMemory"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:83] data. DefaultCPUAllocator: not enough memory: you tried to ..."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:75] . DefaultCPUAllocator: can't allocate memory: you tried to ..."),
    MemoryError("Unable to allocate 3.00 TiB for an array"),
]


class Tight(nn.Module):
    """Has room for two rows, or for none."""

    def __init__(self, error, rows):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.pool, self.head = nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Linear(4, 2)
        self.error, self.rows = error, rows

    def forward(self, x):
        if len(x) > self.rows:
            raise self.error
        return self.head(self.pool(self.conv(x)).flatten(1))


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=str)
def test_memory_that_ran_out_is_known_by_all_its_names(error):
    assert is_out_of_memory(error)
    x = torch.rand(5, 3, 8, 8)
    for method in ("integrated-gradients", "grad-cam", "occlusion", "ig2"):
        given = {"references": x.flip(0)[None], "steps": 4} if method == "ig2" else {}
        got, want = (xaiplug.explain(Tight(error, rows), x, method, target=0, **given) for rows in (2, 99))
        torch.testing.assert_close(got.attribution, want.attribution)
    with pytest.raises(ModelError, match=r"'Tight' ran out of memory \(.*; ask for fewer samples at a time"):
        xaiplug.explain(Tight(error, 0), x, "gradient")


def test_other_errors_are_not_taken_for_it():
    assert not is_out_of_memory(RuntimeError("CUDA error: device-side assert triggered"))
    with pytest.raises(ModelError, match="raised on an input"):
        xaiplug.explain(Tight(RuntimeError("size mismatch"), 0), torch.rand(2, 3, 8, 8), "gradient")


def test_the_first_guess_is_a_budget_of_numbers_for_each_device():
    here, elsewhere = nn.Linear(2, 2), nn.Linear(2, 2, device="meta")  # not the CPU, so like a GPU
    assert chunks._first_guess("kind", here, 3 * 224 * 224, 2**30) == 5
    assert chunks._first_guess("kind", here, 3 * 224 * 224, 2) == 2
    assert chunks._first_guess("kind", elsewhere, 2**20, 2**30) == 2**7
    assert chunks._first_guess("kind", elsewhere, 2**40, 2**30) == 1
