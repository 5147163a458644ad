"""Broken plug-ins: the text of a plug-in file each, and the check that it fails."""

from __future__ import annotations

from dataclasses import dataclass

_HEAD = "import xaiplug\nfrom xaiplug import Paper, Spec, hookimpl\n"
_LIST = "\n\n@hookimpl\ndef xaiplug_explainers():\n    return [{specs}]\n"
_GRADIENT = '"xaiplug.testing.examples:Gradient"'
_NOISY = '"xaiplug.testing.examples:Noisy"'
_PAPER = 'Paper("Deep inside", "Simonyan, Karen", 2013)'


@dataclass(frozen=True)
class PluginFile:
    """A plug-in file that fails `check` and nothing else; "" fails nothing."""

    check: str
    text: str


def plugin(*specs: str, above: str = "") -> str:
    """The text of a plug-in file that offers explainers."""
    return _HEAD + above + _LIST.format(specs=", ".join(specs))


GOOD = PluginFile(
    "",
    plugin(
        f'Spec("gradient", {_GRADIENT}, "Gradient of the score.", {_PAPER})',
        f'Spec("noisy", {_NOISY}, "Mean gradient.")',
    ),
)

_BARE = """
class Bare(xaiplug.Explainer):
    def explain(self, query):
        return query.gradient(query.inputs)
"""
_UNTOLD = '''
class Untold(xaiplug.Explainer):
    """Gradient, times something."""

    factor: float = 1.0

    def explain(self, query):
        return query.gradient(query.inputs) * self.factor
'''

PLUGINS = (
    PluginFile("loads", plugin('Spec("lost", "xaiplug.testing.examples:NoSuchClass", "Nothing.")')),
    PluginFile("light-import", plugin(f'Spec("noisy", {_NOISY}, "Mean gradient.")', above="import torch\n")),
    PluginFile("names", plugin(f'Spec("Noisy_Gradient", {_NOISY}, "Mean gradient.")')),
    PluginFile("described", plugin(f'Spec("noisy", {_NOISY}, "")')),
    PluginFile("described", plugin('Spec("bare", Bare, "Gradient.")', above=_BARE)),
    PluginFile("claims-have-papers", plugin(f'Spec("gradient", {_GRADIENT}, "Gradient of the score.")')),
    PluginFile("fields-documented", plugin('Spec("untold", Untold, "Gradient.")', above=_UNTOLD)),
    PluginFile(
        "explainer leaky: global-rng-untouched",
        plugin('Spec("leaky", "xaiplug.testing.violators.explainers.untouched:SeedsGlobally", "Gradient with noise.")'),
    ),
)
