"""The scripts beside the run files: coloured words are safe to look at, and a straight fall is straight."""

import re
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))

from along_path import SHARES, fall
from coloured_words import coloured


def test_words_are_escaped_and_coloured_by_sign():
    html = coloured(["<script>", "who", "is", "zero", "&"], [2.0, -2.0, 1.0, 0.0, 0.0])
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert html.count("<span") == 5
    up, down, less, zero, _ = (tuple(bytes.fromhex(c)) for c in re.findall(r"background:#(\w{6})", html))
    assert up[0] > up[2]
    assert down[2] > down[0]
    assert zero == (255, 255, 255)
    assert less[1] > up[1]


def test_a_map_of_zeros_is_white_and_padding_has_no_word():
    assert coloured(["a", "b"], [0.0, 0.0, 0.0]).count("#ffffff") == 2


def test_a_straight_fall_is_one_minus_the_share():
    straight = torch.stack([torch.linspace(3, -1, 51), torch.linspace(0, 7, 51)]).double()
    flat = torch.ones(1, 51).double()
    shares = torch.tensor(SHARES).double()
    torch.testing.assert_close(fall(torch.cat([straight, flat])), 1 - shares, atol=1e-6, rtol=0)
    saturated = torch.cat([torch.ones(1, 40), torch.zeros(1, 11)], 1).double()
    assert fall(saturated).tolist() == [1, 1, 1, 1, 1, 0, 0]
