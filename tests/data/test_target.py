import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaiplug import Target
from xaiplug.data.seeds import generator, sample_seeds
from xaiplug.data.target import Wanted
from xaiplug.errors import ComponentError

LOGITS = torch.tensor([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]], dtype=torch.float64)
INDEX = torch.tensor([1, 2])


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_scales_agree_with_their_definitions(output):
    p = (LOGITS.softmax(1) if output == "softmax" else LOGITS.sigmoid()).gather(1, INDEX[:, None]).squeeze(1)
    torch.testing.assert_close(Target(INDEX, "probability").score(LOGITS, output=output), p)
    torch.testing.assert_close(Target(INDEX, "log_probability").score(LOGITS, output=output), p.log())
    torch.testing.assert_close(Target(INDEX, "log_odds").score(LOGITS, output=output), (p / (1 - p)).log())
    torch.testing.assert_close(
        Target(INDEX).score(LOGITS, output=output), torch.tensor([2.0, 3.0], dtype=torch.float64)
    )


@pytest.mark.parametrize("given", [{"scale": "logits"}, {"own_scale": "odds"}])
def test_a_scale_is_known_before_the_model_has_answered(given):
    with pytest.raises(ComponentError, match="unknown scale"):
        Wanted(**given)


def test_log_odds_do_not_saturate():
    logits = torch.tensor([[500.0, 0.0]], dtype=torch.float64)
    assert Target(torch.tensor([0]), "log_odds").score(logits).item() == 500
    assert Target(torch.tensor([0]), "log_odds").score(logits, output="sigmoid").item() == 500


def test_rows_pick_their_samples():
    rows = torch.tensor([1, 0, 1])
    assert Target(INDEX).score(LOGITS[rows], rows).tolist() == [3.0, 2.0, 3.0]


@given(st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_log_odds_of_two_classes_are_the_difference(seed):
    z = torch.randn(4, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    index = torch.zeros(4, dtype=torch.int64)
    torch.testing.assert_close(Target(index, "log_odds").score(z), z[:, 0] - z[:, 1])


def test_seeds_belong_to_samples_not_to_places():
    x = torch.rand(5, 3)
    seeds = sample_seeds(x, 0)
    assert sample_seeds(x[[3, 1]], 0).equal(seeds[[3, 1]])
    assert len({*seeds.tolist()}) == 5
    assert not sample_seeds(x, 1).equal(seeds)
    assert sample_seeds(x.double(), 0).equal(seeds)
    assert (seeds >= 0).all()


def test_seeds_stay_what_they_are():
    """Every stored result hangs on them: BLAKE2b of the sample's float32, keyed by the run's seed and the shape."""
    assert sample_seeds(torch.zeros(2, 2, 3), 4).tolist() == [1088051009510422340] * 2
    assert sample_seeds(torch.zeros(1, 3, 2), 4) != 1088051009510422340
    assert torch.rand(2, generator=generator(1, 2)).equal(torch.rand(2, generator=generator(1, 2)))
