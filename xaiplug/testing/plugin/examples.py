"""A plug-in file that keeps the contract."""

from xaiplug.testing.plugin.files import GRADIENT, NOISY, PluginFile, plugin

_PAPER = 'Paper("Deep inside", "Simonyan, Karen", 2013)'

_CLAIMS = """
version: 1
paper: simonyan2013
claims:
  - {id: fig-1, where: Fig. 1, claim: maps look good, statement: {not-to-be-had: pictures}}
"""

GOOD = (
    PluginFile(
        "",
        plugin(
            f'Spec("gradient", {GRADIENT}, "Gradient of the score.", {_PAPER})',
            f'Spec("noisy", {NOISY}, "Mean gradient.")',
        ),
        claims=_CLAIMS,
    ),
)
