"""SIC ranks by magnitude; PIC's curve runs over the bytes of the image."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Explanation, Target
from xaiplug.errors import ComponentError
from xaiplug.testing import metric_checks


def linear(weights):
    net = nn.Linear(len(weights), 1, bias=False).double()
    with torch.no_grad():
        net.weight.copy_(torch.tensor([weights], dtype=torch.float64))
    return net


def on_rows(metric, values):
    net, x = linear([0.4, 0.3, 0.2, 0.1]), torch.ones(1, 4, dtype=torch.float64)
    ex = Explanation(torch.tensor([values], dtype=torch.float64))
    return xaiplug.score(net, x, ex, metric, baseline=torch.zeros(4), scale="logit")


def test_the_spec_s_areas_and_the_sign_does_not_count():
    assert on_rows("sic-add", [4, 3, 2, 1]).values.item() == pytest.approx(0.625, abs=1e-15)
    assert on_rows("sic-del", [4, 3, 2, 1]).values.item() == pytest.approx(0.375, abs=1e-15)
    assert on_rows("sic-add", [-4, 3, -2, 1]).values.item() == pytest.approx(0.625, abs=1e-15)
    assert on_rows("insertion", [-4, 3, -2, 1]).values.item() < 0.6


def test_scale_is_the_probability_by_default():
    net = nn.Linear(4, 3).double()
    x = torch.rand(2, 4, dtype=torch.float64)
    result = xaiplug.score(net, x, xaiplug.explain(net, x, "gradient", target=1), "sic-del")
    torch.testing.assert_close(result.curve[:, 0], net(x).softmax(1)[:, 1].detach())


def test_words_are_summed_before_the_magnitude():
    """The first word's parts cancel: it comes last, though each part is the largest."""
    net = nn.Sequential(nn.Flatten(), linear([1.0, 1, 2, 2, 3, 3]))
    x = torch.ones(1, 3, 2, dtype=torch.float64)
    ex = Explanation(torch.tensor([[[9.0, -9], [1, 1], [2, 2]]], dtype=torch.float64))
    curve = xaiplug.score(net, x, ex, "sic-add", baseline=torch.zeros(3, 2), scale="logit").curve[0]
    assert curve.tolist() == [0, 6, 10, 12]


@pytest.mark.parametrize("metric", ["sic-add", "sic-del"])
def test_padding_is_no_word(metric):
    """Words that are zero come neither in nor out: the curve is that of the sentence without them."""
    ex = Explanation(torch.tensor([[[1.0, 1], [3, 3], [9, 9], [9, 9]]], dtype=torch.float64))
    padded = torch.tensor([[[1.0, 1], [1, 1], [0, 0], [0, 0]]], dtype=torch.float64)
    long = nn.Sequential(nn.Flatten(), linear([1.0, 1, 2, 2, 7, 7, 7, 7]))
    short = nn.Sequential(nn.Flatten(), linear([1.0, 1, 2, 2]))
    one = xaiplug.score(long, padded, ex, metric, baseline=torch.zeros(4, 2), scale="logit")
    words = Explanation(ex.attribution[:, :2])
    other = xaiplug.score(short, padded[:, :2], words, metric, baseline=torch.zeros(2, 2), scale="logit")
    assert torch.equal(one.values, other.values)
    assert one.curve[0].tolist() == ([0, 4, 6] if metric == "sic-add" else [6, 2, 0])


def test_sentences_of_other_lengths_do_not_matter():
    net = nn.Sequential(nn.Flatten(), linear([1.0, 1, 2, 2, 3, 3]))
    x = torch.tensor([[[1.0, 1], [1, 1], [0, 0]], [[1, 1], [1, 1], [1, 1]]], dtype=torch.float64)
    ex = Explanation(torch.rand(2, 3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)))
    both = xaiplug.score(net, x, ex, "sic-add", scale="logit", baseline="black").values
    alone = [
        xaiplug.score(net, x[[b]], Explanation(ex.attribution[[b]]), "sic-add", scale="logit", baseline="black").values
        for b in (0, 1)
    ]
    torch.testing.assert_close(both, torch.cat(alone))


class Brightness(nn.Module):
    """Two classes; the probability of the second is the mean of the image."""

    def forward(self, x):
        p = x.mean((1, 2, 3)).clamp(1e-6, 1 - 1e-6)
        return torch.stack([(1 - p).log(), p.log()], 1)


def pictures():
    """Noise on the left of one image, on the right of the other; the rest is white."""
    x = torch.ones(2, 1, 16, 16)
    noise = torch.rand(16, 8, generator=torch.Generator().manual_seed(0)) * 0.2 + 0.75
    x[0, 0, :, :8], x[1, 0, :, 8:] = noise, noise
    return x


def test_pic_prefers_cheap_pixels_that_count():
    """White pixels raise the score at next to no bytes, noise at many: the map on the white half wins."""
    x = pictures()
    white = (x == 1).float()
    target = Target(torch.tensor([1, 1]))
    good, bad = (
        xaiplug.score(Brightness(), x, Explanation(values, target=target), "pic") for values in (white, 1 - white)
    )
    assert (good.values > bad.values + 0.1).all()
    assert good.curve.shape == (2, len(good.steps))
    assert (good.curve.diff(dim=1) >= 0).all()
    assert (good.curve[:, -1] == 1).all()
    torch.testing.assert_close(good.values, torch.trapezoid(good.curve, good.steps))
    negative = xaiplug.score(Brightness(), x, Explanation(-white, target=target), "pic")
    torch.testing.assert_close(negative.values, good.values)


def test_pic_is_undefined_below_its_score_and_for_a_baseline_that_scores_more():
    x = torch.cat([pictures()[:1], pictures()[:1] * 0.5])
    ex = Explanation(torch.ones_like(x), target=Target(torch.tensor([1, 1])))
    result = xaiplug.score(Brightness(), x, ex, "pic")
    assert result.values.isnan().tolist() == [False, True]
    assert result.curve is None
    assert not xaiplug.score(Brightness(), x, ex, "pic", min_score=0.0).values.isnan().any()
    assert xaiplug.score(Brightness(), x, ex, "pic", baseline="white", min_score=0.0).values.isnan().all()


def test_pic_needs_images():
    with pytest.raises(ComponentError, match="images"):
        on_rows("pic", [4, 3, 2, 1])


@pytest.mark.parametrize("check", metric_checks(["sic-add", "sic-del", "pic"]))
def test_conformance(check):
    check()
