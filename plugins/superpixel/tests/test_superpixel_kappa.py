"""κ: the spec's Q1 to Q5 and Q7 to Q9, over random partitions; κ as a matrix is built here and nowhere else."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from xaiplug_superpixel.ops import group_means

V = torch.tensor([[1.0, 3, -2, 5]], dtype=torch.float64)
PAIRS = torch.tensor([[0, 0, 1, 1]])


@st.composite
def partitions(draw, side=6, none=False):
    """Labels (1,side²), all numbers up to the largest in use, -1 where `none` allows it."""
    seed, groups = draw(st.integers(0, 2**31)), draw(st.integers(1, side * side))
    labels = torch.randint(-1 if none else 0, groups, (side * side,), generator=torch.Generator().manual_seed(seed))
    inside = labels >= 0
    labels[inside] = labels[inside].unique(return_inverse=True)[1]
    return labels[None]


def kappa(labels):
    """κ (d,d) from its definition; rows and columns of positions in no group are 0."""
    same = (labels[0][:, None] == labels[0]) & (labels[0] >= 0)
    return same.double() / same.sum(1, keepdim=True).clamp(min=1)


def rand(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=40, deadline=None)
@given(partitions(none=True), st.integers(0, 99))
def test_equals_the_dense_matrix(labels, seed):
    v = rand(1, 36, seed=seed)
    assert_close(group_means(v, labels), v @ kappa(labels), rtol=0, atol=1e-13)


@settings(max_examples=25, deadline=None)
@given(partitions(), st.integers(0, 99))
def test_q1_orthogonal_projector(labels, seed):
    """κ² = κ = κᵀ, rank p, eigenvalues 0 and 1, κ1 = 1, ⟨κu,v⟩ = ⟨u,κv⟩."""
    k, p = kappa(labels), int(labels.max()) + 1
    applied = group_means(torch.eye(36, dtype=torch.float64), labels.expand(36, -1))
    assert_close(applied, k, rtol=0, atol=1e-13)
    assert_close(applied @ applied, applied, rtol=0, atol=1e-13)
    assert_close(applied, applied.T)
    eigenvalues = torch.linalg.eigvalsh(applied)
    assert_close(eigenvalues[-p:], torch.ones(p).double(), rtol=0, atol=1e-10)
    assert_close(eigenvalues[:-p], torch.zeros(36 - p).double(), rtol=0, atol=1e-10)
    assert_close(group_means(torch.ones(1, 36).double(), labels), torch.ones(1, 36).double())
    u, v = rand(1, 36, seed=seed), rand(1, 36, seed=seed + 1)
    assert_close((group_means(u, labels) * v).sum(), (u * group_means(v, labels)).sum(), rtol=1e-10, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(partitions(), st.integers(0, 99))
def test_q2_keeps_the_sum_of_every_group(labels, seed):
    v = rand(1, 36, seed=seed)
    sums = torch.zeros(36).double()
    before, after = (sums.scatter_add(0, labels[0], x[0]) for x in (v, group_means(v, labels)))
    assert_close(before, after, rtol=0, atol=1e-12)


def test_q3_proposition_2_in_numbers():
    means = group_means(V, PAIRS)
    assert means.tolist() == [[2, 2, 1.5, 1.5]]
    gap = (V**2).sum() - (means**2).sum()
    assert [(V**2).sum().item(), (means**2).sum().item(), gap.item()] == [39, 12.5, 26.5]
    assert gap == 2 * V[0, :2].var(correction=0) + 2 * V[0, 2:].var(correction=0)


def test_absolute_values_after_and_before():
    assert group_means(V, PAIRS).abs().tolist() == [[2, 2, 1.5, 1.5]]
    assert group_means(V.abs(), PAIRS).tolist() == [[2, 2, 3.5, 3.5]]


@settings(max_examples=40, deadline=None)
@given(partitions(), st.integers(0, 99), st.sampled_from([1, 2, torch.inf]))
def test_q4_contracts_in_every_norm(labels, seed, order):
    """Hence Propositions 1 and 3; in the 2-norm equal where the difference is constant on groups."""
    difference = rand(1, 36, seed=seed) - rand(1, 36, seed=seed + 1)
    means = group_means(difference, labels)
    assert means.norm(p=order) <= difference.norm(p=order) + 1e-12
    assert_close(group_means(means, labels).norm(), means.norm())


@settings(max_examples=40, deadline=None)
@given(partitions(), st.integers(0, 99))
def test_q3_proposition_2_everywhere(labels, seed):
    """L²(pixel) - L²(grouped) = Σ_S |S| Var_S(difference), the population variance."""
    difference = rand(1, 36, seed=seed)
    gap = (difference**2).sum() - (group_means(difference, labels) ** 2).sum()
    parts = [difference[0, labels[0] == group] for group in range(int(labels.max()) + 1)]
    assert_close(gap, sum(len(part) * part.var(correction=0) for part in parts), rtol=1e-9, atol=1e-10)


def test_q5_one_group_and_singletons():
    v = rand(2, 36)
    assert_close(group_means(v, torch.zeros(2, 36, dtype=torch.int64)), v.mean(1, keepdim=True).expand_as(v))
    assert torch.equal(group_means(v, torch.arange(36).expand(2, -1)), v)


@settings(max_examples=25, deadline=None)
@given(partitions(), st.integers(1, 5), st.integers(0, 99))
def test_q5_nested_partitions(fine, merge, seed):
    v, coarse = rand(1, 36, seed=seed), fine // merge
    assert_close(group_means(group_means(v, fine), coarse), group_means(v, coarse), rtol=0, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(partitions(), st.integers(0, 99))
def test_q7_linear_and_idempotent(labels, seed):
    u, v = rand(1, 36, seed=seed), rand(1, 36, seed=seed + 1)
    mixed = group_means(2 * u - 3 * v, labels)
    assert_close(mixed, 2 * group_means(u, labels) - 3 * group_means(v, labels), rtol=0, atol=1e-12)
    assert_close(group_means(mixed, labels), mixed, rtol=0, atol=1e-13)


@settings(max_examples=25, deadline=None)
@given(partitions(none=True), partitions(none=True), st.randoms(use_true_random=False))
def test_q8_any_numbering_and_a_batch_of_unequal_counts(one, two, random):
    v, labels = rand(2, 3, 6, 6), torch.cat([one, two]).view(2, 6, 6)
    together = group_means(v, labels)
    for row in range(2):
        assert_close(together[row], group_means(v[row : row + 1], labels[row : row + 1])[0], rtol=0, atol=1e-14)
    names = random.sample(range(50), 37)
    renamed = torch.where(labels < 0, labels, torch.tensor(names)[labels])
    assert_close(together, group_means(v, renamed), rtol=0, atol=1e-13)


@pytest.mark.parametrize("groups", [36, 9, 4])
def test_q9_noise_becomes_smaller_by_the_size_of_the_group(groups):
    labels = (torch.arange(36) * groups // 36).expand(20000, -1)
    noise = group_means(2 * rand(20000, 36), labels)
    assert_close(noise.var(), torch.tensor(4 * groups / 36).double(), rtol=0.03, atol=0)


def test_channels_alone_or_together():
    v = rand(2, 3, 6, 6)
    labels = torch.randint(0, 5, (2, 6, 6))
    alone, together = group_means(v, labels), group_means(v, labels, joint=True)
    assert_close(alone.mean(1, keepdim=True).expand_as(v), together)
    for channel in range(3):
        assert_close(alone[:, channel], group_means(v[:, channel].flatten(1), labels.flatten(1)).view(2, 6, 6))


def test_embeddings_rows_and_spatial_maps():
    v = rand(2, 4, 5)
    means = group_means(v, torch.tensor([[0, 0, 1, -1], [0, 1, 2, 2]]))
    assert_close(means[0, 0], v[0, :2].mean(0))
    assert_close(means[0, 3], torch.zeros(5).double())
    assert_close(means[1, 3], v[1, 2:].mean(0))
    assert_close(group_means(v, torch.zeros(2, 4, dtype=torch.int64), joint=True)[1, 1, 1], v[1].mean())
    spatial = rand(1, 1, 2, 2)
    assert group_means(spatial, torch.zeros(1, 2, 2, dtype=torch.int64)).shape == (1, 1, 2, 2)
    assert group_means(v, torch.full((2, 4), -1)).abs().sum() == 0
