"""Supporting models for xaiplug: tasks whose ground truth is known, trained by Lightning.

A task is data (`data/`), a network (`networks/`), a loss (`losses.py`) and a `configs/<task>.yaml`; `tasks.py` lists
them. This page stays light: importing it imports no torch.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
