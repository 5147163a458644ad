"""Broken plug-ins: the text of a plug-in file each, and the check that it fails."""

from __future__ import annotations

from xaiplug.testing.plugin.files import GRADIENT, NOISY, PluginFile, plugin

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

_UNSOUND = """
version: 1
paper: simonyan2013
claims:
  - {id: fig-1, where: Fig. 1, claim: gradients are best, statement: {best: {a: gradient}}}
"""

VIOLATORS = (
    PluginFile("loads", plugin('Spec("lost", "xaiplug.testing.explainer.examples:NoSuchClass", "Nothing.")')),
    PluginFile("light-import", plugin(f'Spec("noisy", {NOISY}, "Mean gradient.")', above="import torch\n")),
    PluginFile("names", plugin(f'Spec("Noisy_Gradient", {NOISY}, "Mean gradient.")')),
    PluginFile("described", plugin(f'Spec("noisy", {NOISY}, "Mean\\ngradient.")')),
    PluginFile("described", plugin('Spec("bare", Bare, "Gradient.")', above=_BARE)),
    PluginFile("claims-have-papers", plugin(f'Spec("gradient", {GRADIENT}, "Gradient of the score.")')),
    PluginFile("fields-documented", plugin('Spec("untold", Untold, "Gradient.")', above=_UNTOLD)),
    PluginFile("claims-are-sound", plugin(f'Spec("noisy", {NOISY}, "Mean gradient.")'), claims=_UNSOUND),
    PluginFile(
        "explainer leaky: global-rng-untouched",
        plugin('Spec("leaky", "xaiplug.testing.explainer.violators.untouched:SeedsGlobally", "Gradient with noise.")'),
    ),
)
