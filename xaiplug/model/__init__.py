"""What is explained: the adapter around a network, and how to get one."""

from xaiplug.model.adapter import Model

__all__ = ["Model"]
