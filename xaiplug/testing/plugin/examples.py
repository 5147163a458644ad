"""A plug-in file that keeps the contract."""

from xaiplug.testing.plugin.files import GRADIENT, NOISY, PluginFile, plugin

_PAPER = 'Paper("Deep inside", "Simonyan, Karen", 2013)'

GOOD = (
    PluginFile(
        "",
        plugin(
            f'Spec("gradient", {GRADIENT}, "Gradient of the score.", {_PAPER})',
            f'Spec("noisy", {NOISY}, "Mean gradient.")',
        ),
    ),
)
