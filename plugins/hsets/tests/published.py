"""The published procedure of H-Sets, as plainly as it goes: one image, one row, one subset at a time.

Written from the description of it; slow on purpose. What is changed, so that it runs and can be compared: the row limit
(the published code has none), and the random subsets, which are given.
"""

import sys
from copy import deepcopy

import numpy as np
import torch
from torch import nn

TAU = 1e-3


class Surrogate(nn.Module):
    """relu(z) with the first derivative h(z) of eq. 8."""

    def forward(self, z):
        root = (z * z + TAU).sqrt()
        smooth = torch.where(z < 0, z + root, root)
        return torch.relu(z).detach() + smooth - smooth.detach()


def surrogate_copy(net):
    """A copy whose ReLU modules are surrogates."""
    copied = deepcopy(net)
    for name, module in list(copied.named_modules()):
        if isinstance(module, nn.ReLU):
            parent = copied.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], Surrogate())
    return copied


class Rows:
    """Hessian rows of one seed's copy of the model: one forward, one backward, then one double backward a row."""

    def __init__(self, net, x, target):
        self.x = x[None].clone().requires_grad_()
        (self.gradient,) = torch.autograd.grad(net(self.x)[0, target], self.x, create_graph=True)

    def __call__(self, j):
        (row,) = torch.autograd.grad(self.gradient.flatten()[j], self.x, retain_graph=True)
        return row.flatten().numpy()


def get_set(rows, j, members, mu, nu, budget):
    """GetSet: min-max over the whole row, descending, until there are more than nu members, then depth first."""
    if budget is not None:
        if j not in budget["used"] and budget["left"] <= 0:
            return
        budget["left"] -= j not in budget["used"]
        budget["used"].add(j)
    row = rows(j)
    row = (row - row.min()) / (row.max() - row.min() + 1e-8)
    row[row <= mu] = 0
    following = []
    for n in np.argsort(-row, kind="stable"):
        if row[n] == 0:
            continue
        if not members[n] and np.count_nonzero(members) <= nu:
            members[n] = True
            following.append(n)
    if np.count_nonzero(members) > nu:
        return  # what follows can add nothing any more
    for m in following:
        get_set(rows, int(m), members, mu, nu, budget)


def generate_sets(net, x, target, labels, mu=0.5, nu=2000, k=5, max_rows=None):
    """GenerateSets: seeds by the signed gradient of the plain model, one set a label, label 0 included."""
    sys.setrecursionlimit(100_000)
    at = x[None].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(net(at)[0, target], at)
    smooth, used, sets = surrogate_copy(net), set(), []
    labels = labels.expand(x.shape).flatten().numpy()
    spent = set()
    for j in np.argsort(-gradient.flatten().numpy(), kind="stable"):
        if len(sets) == k or len(used) == len(np.unique(labels)):
            break
        if labels[j] in used:
            continue
        budget = None
        if max_rows is not None:
            left = max_rows - len(spent)
            if left <= 0 and int(j) not in spent:
                break
            budget = {"left": -(-left // (k - len(sets))), "used": spent}
        members = np.zeros(x.numel(), dtype=bool)
        get_set(Rows(smooth, x, target), int(j), members, mu, nu, budget)
        if members.any():
            sets.append(members)
            used.add(labels[j])
    return sets


def attribute_set(net, x, members, masks, steps=30):
    """IDG-Vis of the published code: per subset and point, the class predicted there and |gradient|; NaN is kept."""
    where = np.flatnonzero(members)
    total = 0.0
    for mask in masks:
        direction = torch.zeros(x.numel(), dtype=x.dtype)
        chosen = torch.from_numpy(where[mask])
        direction[chosen] = x.flatten()[chosen]
        direction = direction / direction.norm()
        mean = torch.zeros_like(direction)
        for step in range(steps + 1):
            at = (x * step / steps)[None].requires_grad_()
            (gradient,) = torch.autograd.grad(net(at)[0, net(at)[0].argmax()], at)
            mean += direction * gradient.flatten().abs() / (steps + 1)
        total += float(mean.norm())
    return total


def paint(sets, scores, shape):
    """The map: every feature the sum of its sets' scores, NaN counted as nothing."""
    layers = [member * score for member, score in zip(sets, scores, strict=True)]
    return np.nansum(np.stack(layers), axis=0).reshape(shape) if layers else np.zeros(shape)
