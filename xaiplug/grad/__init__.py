"""First and second derivatives of the target score: chunked, batched, safe for any module."""

from xaiplug.grad.hessian import hessian_rows, sample_hessian
from xaiplug.grad.paths import path_gradients
from xaiplug.grad.second import twice_differentiable
from xaiplug.grad.smooth import smoothed

__all__ = ["hessian_rows", "path_gradients", "sample_hessian", "smoothed", "twice_differentiable"]
