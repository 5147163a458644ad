import pytest
import torch
from torch import nn

from xaiplug import Model
from xaiplug.calling.asking import base_query
from xaiplug.errors import ShapeError
from xaiplug.grad import path_gradients


def test_gradients_at_many_points_equal_autograd(small_cnn, images):
    model = Model(small_cnn.eval())
    query = base_query(model, images, scale="log_probability", max_batch=4)
    points = torch.stack([images * s for s in (0.2, 0.5, 1.0)]).clone()
    with model.metered() as meter:
        found = path_gradients(query, points)
    assert (meter.forwards, meter.backwards) == (9, 9)
    for p in range(3):
        x = points[p].clone().requires_grad_()
        query.target.score(model(x)).sum().backward()
        torch.testing.assert_close(found[p], x.grad)


def test_points_must_fit(small_cnn, images):
    with pytest.raises(ShapeError, match="points must be"):
        path_gradients(base_query(Model(small_cnn.eval()), images), images[None, :2])


def test_scores_keep_their_graph_when_asked(small_cnn, images):
    query = base_query(Model(nn.Sequential(nn.Flatten(), nn.Linear(432, 2))), images)
    x = images.clone().requires_grad_()
    query.score(x).sum().backward()
    torch.testing.assert_close(x.grad, query.gradient(images))
    assert not query.score(images).requires_grad
