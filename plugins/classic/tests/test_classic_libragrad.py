"""Gradients through gates and denominators that are held constant."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import xaiplug
from xaiplug.errors import ModelError
from xaiplug_classic.balanced import _Constants

X = torch.rand(2, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


class Mixing(nn.Module):
    """Attention without a bias, in each of the ways in which people call it."""

    def __init__(self, how, dim=12, heads=3):
        super().__init__()
        self.how, self.heads = how, heads
        self.qkv, self.out = (nn.Linear(dim, size * dim, bias=False) for size in (3, 1))
        self.torchs = nn.MultiheadAttention(dim, heads, bias=False, batch_first=True)

    def forward(self, x):
        if self.how == "torch":
            return self.torchs(x, x, x, need_weights=False)[0]
        q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, 2))
        if self.how == "fused":
            mixed = F.scaled_dot_product_attention(query=q, key=k, value=v)
        else:
            scores = q @ k.mT / 2
            mixed = (scores.softmax(-1) if self.how == "method" else F.softmax(scores, dim=-1)) @ v
        return self.out(mixed.transpose(1, 2).flatten(2))


class Small(nn.Module):
    """A transformer without a bias: its score is a weighing of its input."""

    def __init__(self, how="fused", gate=None, norm=None):
        super().__init__()
        self.embed = nn.Conv2d(3, 12, 4, 4, bias=False)
        self.norms = nn.ModuleList(norm() if norm else nn.LayerNorm(12, bias=False) for _ in range(3))
        self.mix = Mixing(how)
        self.up, self.down, self.head = (nn.Linear(a, b, bias=False) for a, b in ((12, 24), (24, 12), (12, 5)))
        self.gate = gate or nn.GELU()

    def forward(self, x):
        x = self.embed(x).flatten(2).mT
        x = x + self.mix(self.norms[0](x))
        x = x + self.down(self.gate(self.up(self.norms[1](x))))
        return self.head(self.norms[2](x).mean(1))


def made(**options):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = Small(**options).double().eval()
        for parameter in net.parameters():
            nn.init.normal_(parameter, std=0.5)
        return net


class Groups(nn.Module):
    """A group norm over channels of tokens (B,N,D)."""

    def __init__(self):
        super().__init__()
        self.norm = nn.GroupNorm(3, 12)

    def forward(self, x):
        return F.group_norm(x.mT, 3, self.norm.weight).mT


CASES = {
    "fused": {},
    "torch's own": {"how": "torch"},
    "softmax as a method": {"how": "method"},
    "softmax as a function": {"how": "function"},
    "tanh gelu": {"gate": nn.GELU("tanh")},
    "silu": {"gate": nn.SiLU()},
    "silu in place": {"gate": nn.SiLU(inplace=True)},
    "mish": {"gate": nn.Mish()},
    "hardswish": {"gate": nn.Hardswish()},
    "relu": {"gate": nn.ReLU()},
    "rms": {"norm": lambda: nn.RMSNorm(12)},
    "groups": {"norm": Groups},
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_left_sums_to_the_score(case):
    net = made(**CASES[case])
    ex = xaiplug.explain(net, X, "libragrad", target=torch.tensor([1, 3]))
    torch.testing.assert_close(ex.attribution.flatten(1).sum(1), ex.score, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(ex.score, net(X)[[0, 1], [1, 3]].detach(), rtol=0, atol=0)
    plain = xaiplug.explain(net, X, "input-x-gradient", target=torch.tensor([1, 3]))
    assert (plain.attribution.flatten(1).sum(1) - ex.score).abs().max() > 1e-2 * ex.score.abs().max()


def test_attention_by_whatever_call_has_one_map():
    nets = [made(how=how) for how in ("fused", "method", "function")]
    maps = [xaiplug.explain(net, X, "libragrad", target=0).attribution for net in nets]
    torch.testing.assert_close(maps[0], maps[1])
    torch.testing.assert_close(maps[0], maps[2])


@pytest.mark.parametrize("call", [F.gelu, F.silu, F.hardswish, F.mish])
def test_the_derivative_is_the_gate_also_at_0(call):
    x = torch.tensor([-2.0, 0.0, 1e-30, 3.0], dtype=torch.float64, requires_grad=True)
    with _Constants():
        y = call(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(y, call(x), rtol=0, atol=0)
    near = torch.tensor(1e-9, dtype=torch.float64)
    torch.testing.assert_close(slope[[0, 3]], (call(x) / x)[[0, 3]].detach())
    torch.testing.assert_close(slope[1:3], (call(near) / near).expand(2), rtol=1e-6, atol=0)


def test_networks_of_straight_pieces_keep_their_gradients():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)).double()
    plain = xaiplug.explain(net, X, "gradient", target=1)
    ex = xaiplug.explain(net, X, ("libragrad", {"base": "gradient"}), target=1)
    assert torch.equal(ex.attribution, plain.attribution)


def test_it_goes_around_methods_and_has_their_needs():
    net = made()
    for base, given in (
        ("integrated-gradients", {"baseline": torch.zeros(3, 8, 8)}),
        ("grad-cam", {}),
        ("smoothgrad", {}),
    ):
        params = {"layer": "embed"} if base == "grad-cam" else {}
        wrapped = xaiplug.component("explainer", "libragrad", base=(base, params))
        assert set(wrapped.needs) == set(xaiplug.component("explainer", base, **params).needs)
        ex = xaiplug.explain(net, X, wrapped, target=0, **given)
        plain = xaiplug.explain(net, X, (base, params), target=0, **given)
        assert ex.attribution.shape == plain.attribution.shape
        assert not torch.allclose(ex.attribution, plain.attribution)
    vit = pytest.importorskip("xaiplug.testing.shared.nets").TinyViT()
    with pytest.raises(ModelError, match="does not reach methods that take a transformer apart"):
        xaiplug.explain(vit, torch.rand(1, 3, 16, 16), ("libragrad", {"base": "chefer"}))
