"""Calls that lead up: from a value or a base class to a file that stands on it. By name, when asked; the list is whole.

`data` knows nothing of how values are drawn or stored, and `kinds` nothing of who offers components; what a user calls
on a value (`explanation.plot()`), or writes for a field (`base="gradient"`), leads there all the same.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

LATER = {
    "frame": "xaiplug.data.frames:explanation_frame",
    "html": "xaiplug.view.notebook:explanation_html",
    "load": "xaiplug.data.storage:load_explanation",
    "plot": "xaiplug.view.plots:plot_explanation",
    "resolve": "xaiplug.registry:resolve",
    "save": "xaiplug.data.storage:save_explanation",
}


def later(name: str) -> Any:
    """The function that `LATER` names."""
    module, _, attribute = LATER[name].partition(":")
    return getattr(import_module(module), attribute)
