"""First and second derivatives of the target score: chunked, batched, safe for any module."""

from xaiplug.grad.paths import path_gradients

__all__ = ["path_gradients"]
