"""The kit for plug-ins, on plug-in files."""

import pytest

from xaiplug.errors import RegistryError
from xaiplug.testing import check_plugin
from xaiplug.testing.plugin import CHECKS, GOOD, VIOLATORS
from xaiplug.testing.plugin.files import PluginFile


def written(plugin: PluginFile, folder) -> str:
    path = folder / "some_plugin.py"
    path.write_text(plugin.text)
    if plugin.claims:
        path.with_suffix(".claims.yaml").write_text(plugin.claims)
    return str(path)


@pytest.mark.parametrize("plugin", VIOLATORS, ids=lambda plugin: plugin.check)
def test_every_violator_breaks_its_check_and_no_other(plugin, tmp_path):
    report = check_plugin(written(plugin, tmp_path))
    assert report.failed == (plugin.check,), "\n".join(report.lines())


@pytest.mark.parametrize("plugin", GOOD)
def test_a_good_plugin_passes_every_check(plugin, tmp_path):
    report = check_plugin(written(plugin, tmp_path))
    assert {outcome.status for outcome in report.outcomes} == {"passed"}, "\n".join(report.lines())


def test_no_check_lacks_a_violator():
    assert {check.name for check in CHECKS} <= {plugin.check for plugin in VIOLATORS}


def test_a_plugin_that_fails_on_import_is_reported(tmp_path):
    report = check_plugin(written(PluginFile("loads", "import no_such_module_anywhere"), tmp_path))
    assert report.failed == ("loads",)
    assert "no_such_module_anywhere" in report.outcomes[0].detail


def test_an_unknown_plugin_is_an_error():
    with pytest.raises(RegistryError, match="no plug-in 'nobody'"):
        check_plugin("nobody")
