import random

import numpy as np
import torch
from torch import nn

torch.manual_seed(1)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            *(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2)),
        )
        self.head = nn.Linear(32, 3)

    def forward(self, x):
        return self.head(self.body(x).flatten(1))


net = Network()
x, y = torch.rand(3, 3, 8, 8), torch.tensor([0, 1, 2])
among_others = torch.cat([x[:1], torch.rand(2, 3, 8, 8)])  # the first of x, with other neighbours
with torch.no_grad():
    for parameter in net.parameters():
        parameter *= 3  # logits as large as those of a trained network
    net.body[0].weight[:, 2] = 0  # the third colour is never read
    net.body[3].weight[:, 5] = 0  # nor is the last channel of the first layer
for parameter in net.parameters():
    parameter.grad = torch.ones_like(parameter)  # as in the midst of training: no layer of it does otherwise then
net.head.bias.requires_grad_(False)  # and one is frozen


def seed(number=0):
    random.seed(number), np.random.seed(number), torch.manual_seed(number)


def change(net, x, y):
    """How far the logit is from that of a black image."""
    return (net(x) - net(0 * x)).gather(1, y[:, None]).sum().item()


def flat(found):
    """All numbers of an answer, in one row."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list | tuple):
        return np.concatenate([flat(part) for part in found]) if len(found) else np.zeros(0)
    return np.ravel(found.detach().numpy() if isinstance(found, torch.Tensor) else found).astype(float)


def first(found):
    """What an answer says of the first sample."""
    return {name: part[0] for name, part in found.items()} if isinstance(found, dict) else found[0]


def apart(found, other):
    """The largest difference of two answers, as a share of the largest number."""
    one, two = flat(found), flat(other)
    if one.shape != two.shape or (np.isnan(one) != np.isnan(two)).any():
        return np.inf
    return float(np.nanmax(np.abs(one - two), initial=0) / max(np.nanmax(np.abs(two), initial=0), 1e-30))


def look(net, x):
    """All that a call should leave as it was."""
    seen = {"input": x.clone(), "input.requires_grad": x.requires_grad}
    for name, part in net.named_modules(prefix="net", remove_duplicate=False):
        hooks = (part._forward_hooks, part._forward_pre_hooks, part._backward_hooks, part._backward_pre_hooks)
        seen |= {f"{name}: module": id(part), f"{name}: training": part.training, f"{name}: hooks": [*map(len, hooks)]}
        seen |= {f"{name}.{attribute}": True for attribute in vars(part) if not attribute.startswith("_")}
    for name, parameter in net.named_parameters(prefix="net"):
        grad = None if parameter.grad is None else parameter.grad.clone()
        seen |= {name: parameter.detach().clone(), f"{name}.grad": grad}
        seen[f"{name}.requires_grad"] = parameter.requires_grad
    return seen


def changed(before, after):
    """What is not as it was."""
    return [name for name in sorted({**before, **after}) if not same(before.get(name), after.get(name))]


def same(one, two):
    tensors = isinstance(one, torch.Tensor) and isinstance(two, torch.Tensor)
    return torch.equal(one, two) if tensors else type(one) is type(two) and one == two


def states():
    """The random states that everybody shares."""
    numpys = [np.asarray(part).tobytes() for part in np.random.get_state()]
    return {"python": random.getstate(), "numpy": numpys, "torch": torch.get_rng_state()}
