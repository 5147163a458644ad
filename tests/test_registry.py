import pytest

import xaiplug
from xaiplug import registry
from xaiplug.errors import PluginError, RegistryError
from xaiplug.registry import discover


@pytest.fixture
def write(tmp_path):
    def write(name, body):
        path = tmp_path / f"{name}.py"
        path.write_text("import xaiplug\n" + body)
        return path

    return write


ONE = """
class A(xaiplug.Explainer):
    "A."
    def explain(self, query):
        return query.inputs

@xaiplug.hookimpl
def xaiplug_explainers():
    return [xaiplug.Spec("a", A, "A.")]
"""


def test_a_file_plugin_is_found_by_bare_and_full_name(write):
    found = discover(files=[write("one", ONE)])
    assert found.find("explainer", "a").name == found.find("explainer", "one/a").name == "one/a"
    assert found.create("explainer", "a").origin.plugin == "one"


def test_two_owners_of_a_name_are_both_named_and_the_full_name_works(write):
    found = discover(files=[write("one", ONE), write("two", ONE)])
    with pytest.raises(RegistryError, match=r"'one/a' .* and 'two/a' .*; write the full name"):
        found.find("explainer", "a")
    assert found.find("explainer", "two/a").plugin.name == "two"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("raise SystemError('broken')", "broken"),
        ("@xaiplug.hookimpl\ndef xaiplug_explainer():\n    return []", "unknown hook 'xaiplug_explainer'"),
        ("@xaiplug.hookimpl\ndef xaiplug_explainers():\n    return ['a']", "must return a list of Spec"),
        ("@xaiplug.hookimpl\ndef xaiplug_explainers():\n    return 1/0", "division by zero"),
    ],
)
def test_a_broken_plugin_is_recorded_and_never_fatal(write, body, reason, monkeypatch):
    files = [write("broken", body), write("one", ONE)]
    found = discover(files=files)
    assert [failed.name for failed in found.failures] == ["broken"]
    assert reason in found.failures[0].error
    assert found.find("explainer", "a")
    with pytest.raises(PluginError, match=r"plug-in 'broken' .* failed to load"):
        found.find("explainer", "broken/a")
    monkeypatch.setenv("XAIPLUG_STRICT", "1")
    with pytest.raises(PluginError, match="broken"):
        discover(files=files)


def test_a_missing_file_is_recorded(tmp_path):
    assert "no Python file" in discover(files=[tmp_path / "gone.py"]).failures[0].error


def test_disabled_plugins_are_not_imported(write, monkeypatch):
    path = write("loud", "raise SystemError('imported')")
    assert not discover(files=[path], disable=["loud"]).failures
    monkeypatch.setenv("XAIPLUG_DISABLE", "loud")
    assert not discover(files=[path]).failures
    monkeypatch.delenv("XAIPLUG_DISABLE")
    monkeypatch.setenv("XAIPLUG_PLUGINS", "other")
    found = discover(files=[path])
    assert not found.failures
    assert {entry.plugin.name for entry in found.entries} == {"xaiplug"}


def test_unknown_names_say_what_is_near_what_to_install_and_what_it_is(write, monkeypatch):
    path = write("one", ONE.replace('"a"', '"alpha"'))
    left_out = discover(files=[path], only=["one"])
    with pytest.raises(RegistryError, match="'ig2': plug-in 'ig2' is disabled"):
        left_out.find("explainer", "ig2")
    monkeypatch.setattr("xaiplug.registry.discovery.entry_points", lambda **_: ())
    found = discover(files=[path])
    with pytest.raises(RegistryError, match="did you mean 'alpha'"):
        found.find("explainer", "alpa")
    with pytest.raises(RegistryError, match="pip install xaiplug-ig2"):
        found.find("explainer", "ig2")
    with pytest.raises(RegistryError, match=r"'alpha' is a explainer|'alpha' is an explainer"):
        found.find("metric", "alpha")
    with pytest.raises(RegistryError, match="unknown kind 'explainr'; did you mean 'explainer'"):
        found.find("explainr", "alpha")


def test_a_factory_that_fails_names_its_plugin(write):
    body = "@xaiplug.hookimpl\ndef xaiplug_explainers():\n    return [xaiplug.Spec('a', 'no_such_module:A', 'A.')]"
    with pytest.raises(PluginError, match=r"explainer 'one/a' .* failed to import: ModuleNotFoundError"):
        discover(files=[write("one", body)]).create("explainer", "a")
    wrong = "@xaiplug.hookimpl\ndef xaiplug_explainers():\n    return [xaiplug.Spec('a', 'pathlib:Path', 'A.')]"
    with pytest.raises(PluginError, match="no subclass of the explainer base class"):
        discover(files=[write("two", wrong)]).create("explainer", "a")


def test_the_public_names_all_exist():
    assert [name for name in xaiplug.__all__ if not hasattr(xaiplug, name)] == []
    with pytest.raises(AttributeError, match="no attribute 'explian'"):
        _ = xaiplug.explian


def test_every_name_of_ours_lives_where_the_table_says():
    from xaiplug.registry.homes import home_of

    ours = [entry for entry in registry.discover().entries if entry.plugin.distribution.startswith("xaiplug-")]
    assert ours
    assert [e.name for e in ours if home_of(e.kind, e.spec.name) != e.plugin.name] == [], "run: make homes"
