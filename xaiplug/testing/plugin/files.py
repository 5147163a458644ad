"""Plug-in files as text: what the examples and the violators of whole plug-ins are."""

from __future__ import annotations

from dataclasses import dataclass

_HEAD = "import xaiplug\nfrom xaiplug import Paper, Spec, hookimpl\n"
_LIST = "\n\n@hookimpl\ndef xaiplug_explainers():\n    return [{specs}]\n"
GRADIENT = '"xaiplug.testing.explainer.examples:Gradient"'
NOISY = '"xaiplug.testing.explainer.examples:Noisy"'


@dataclass(frozen=True)
class PluginFile:
    """A plug-in file that fails `check` and nothing else; "" fails nothing. `claims` go beside it."""

    check: str
    text: str
    claims: str = ""


def plugin(*specs: str, above: str = "") -> str:
    """The text of a plug-in file that offers explainers."""
    return _HEAD + above + _LIST.format(specs=", ".join(specs))
