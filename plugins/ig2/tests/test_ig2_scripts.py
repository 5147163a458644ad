"""The scripts beside the run files: coloured words are safe to look at, and a straight fall is straight."""

import re
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from xaiplug import Explanation

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))

from along_path import SHARES, approach, fall, missed
from coloured_words import Line, coloured, interrogative, page
from table import cost, table


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


def test_a_page_has_every_question_once_and_shares_are_of_magnitudes():
    one = Line(("test", 0), "a<b", "ig", ["Who", "is", "it"], [2.0, -1.0, 1.0])
    html = page([one, one._replace(method="ig2 <others>")], "run & test")
    assert html.count("<h3>#1 [a&lt;b]</h3>") == 1
    assert "ig2 &lt;others&gt;" in html
    assert "<title>run &amp; test</title>" in html
    assert interrogative(one) == 0.5
    assert interrogative(one._replace(words=["Name", "the", "ship"])) != interrogative(one)


def test_a_straight_fall_is_one_minus_the_share():
    straight = torch.stack([torch.linspace(3, -1, 51), torch.linspace(0, 7, 51)]).double()
    flat = torch.ones(1, 51).double()
    shares = torch.tensor(SHARES).double()
    torch.testing.assert_close(fall(torch.cat([straight, flat])), 1 - shares, atol=1e-6, rtol=0)
    saturated = torch.cat([torch.ones(1, 40), torch.zeros(1, 11)], 1).double()
    assert fall(saturated).tolist() == [1, 1, 1, 1, 1, 0, 0]


def test_a_loss_is_a_share_of_the_first_whatever_its_size():
    losses = torch.stack([torch.linspace(8, 0, 41), torch.linspace(2, 0, 41)]).double()
    torch.testing.assert_close(approach(losses), 1 - torch.tensor(SHARES).double(), atol=1e-6, rtol=0)


def test_what_an_integral_misses_is_a_share_of_the_change():
    score, base, residual = torch.tensor([3.0, 1.0, 0.0]), torch.tensor([1.0, 2.0, 4.0]), torch.tensor([1.0, -3.0, 0.4])
    ex = Explanation(torch.zeros(3, 2), score=score, base_score=base, residual=residual)
    assert missed(ex) == "0.50"
    assert missed(Explanation(torch.zeros(3, 2))) == "–"


def test_a_table_pools_models_and_marks_what_is_sure():
    """Two models, four samples: `b` is 1 below `a` on all of them, `c` above on half; ROAR has a value a model."""
    rows = [
        {"model": model, "explainer": name, "metric": "m", "sample": sample, "id": str(sample), "value": value}
        for model in ("one", "two")
        for sample in range(4)
        for name, value in (("a", sample), ("b", sample - 1), ("c", sample + (-1) ** sample))
    ]
    rows += [
        {"model": model, "explainer": name, "metric": "roar", "sample": -1, "id": "", "value": value + shift}
        for model, shift in (("one", 0.0), ("two", 0.5))
        for name, value in (("a", 0.1), ("b", 0.3))
    ]
    frame = pd.DataFrame(rows).assign(data="d", better="higher", unit="", seed=0)
    frame = frame.assign(**dict.fromkeys(("segmenter", "baseline", "references", "imputer"), ""))
    lines = table(frame, "a", ["m", "roar"]).splitlines()
    assert lines[0] == "| | m ↑ | roar ↑ |"
    assert lines[2] == "| a | 1.500 | 0.350 |"
    assert lines[3] == "| b | 0.500; **−1.000 [−1.000, −1.000]** | 0.550; **0.200 [0.200, 0.200]** |"
    assert lines[4].startswith("| c | 1.500; 0.000 [")
    assert lines[4].endswith("| – |")
    with pytest.raises(SystemExit, match="metrics: m, roar"):
        table(frame, "a", ["n"])


def test_costs_are_a_samples_and_multiples_of_one_methods():
    """Two samples, two seeds; `b` was explained in two batches."""
    method = {"model": "m", "data": "d", "segmenter": "", "baseline": "", "references": "", "imputer": ""}
    values = [
        {**method, "explainer": name, "metric": metric, "sample": sample, "id": str(sample), "seed": seed}
        for name in ("a", "b")
        for metric in ("one", "two")
        for sample in range(2)
        for seed in range(2)
    ]
    spent = [("a", 8.0, 4, 0), ("b", 1.0, 2, 2), ("b", 3.0, 2, 2)]
    timings = [
        {**method, "explainer": name, "seed": 0, "seconds": seconds, "forwards": forwards, "backwards": backwards}
        for name, seconds, forwards, backwards in spent
    ]
    lines = cost(pd.DataFrame(values), pd.DataFrame(timings), "b").splitlines()
    assert lines[2:] == ["| b | 1 | 1 | 1 | 1 |", "| a | 2 | 2 | 1 | 0 |"]
    with pytest.raises(SystemExit, match="no method 'c'; methods: a; b"):
        cost(pd.DataFrame(values), pd.DataFrame(timings), "c")
