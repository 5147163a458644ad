"""Discovery: which components exist, who offers them, and which plug-ins failed.

A registry is a set of names, not of objects: classes are imported when first asked for. A plug-in that fails to load
is recorded, shown by `xaiplug list`, and never fatal, unless `XAIPLUG_STRICT=1`. `XAIPLUG_DISABLE=a,b` skips plug-ins
before they are imported; `XAIPLUG_PLUGINS=a,b` loads only these.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from types import ModuleType

import pluggy

from xaiplug import hookspecs
from xaiplug.errors import PluginError
from xaiplug.hookspecs import GROUP, KINDS, Kind
from xaiplug.kinds.task import FormerTask
from xaiplug.registry.entries import Entry, Plugin, Registry
from xaiplug.spec import Spec

CORE = "xaiplug"
"""The plug-in that is the core itself."""

FORMER_TASKS = "xaiplug.tasks"


def discover(*, disable: Iterable[str] = (), only: Iterable[str] = (), files: Iterable[str | Path] = ()) -> Registry:
    """Load every installed plug-in, and local plug-in files; nothing is cached here.

    Args:
        disable: plug-in names to skip before import, besides `XAIPLUG_DISABLE`.
        only: if not empty, load only these, besides `XAIPLUG_PLUGINS`; what the core itself offers is always there.
        files: Python files, each a plug-in named after its stem.

    Raises:
        PluginError: with `XAIPLUG_STRICT=1`, the first plug-in that fails.
    """
    skipped = {*disable, *_environment("XAIPLUG_DISABLE")}
    wanted = {*only, *_environment("XAIPLUG_PLUGINS")}
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    entries: list[Entry] = []
    failures: list[Plugin] = []
    left_out: set[str] = set()
    installed = [_from_entry_point(point) for point in sorted(entry_points(group=GROUP), key=lambda p: p.name)]
    for plugin in [_core(), *installed, *(_from_file(Path(file)) for file in files)]:
        if plugin.name != CORE and (plugin.name in skipped or (wanted and plugin.name not in wanted)):
            left_out.add(plugin.name)
            continue
        try:
            entries.extend(_register(manager, plugin))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a module may exit, or raise what no `except Exception` sees
            if os.environ.get("XAIPLUG_STRICT") == "1":
                raise PluginError(f"plug-in '{plugin.name}' ({plugin.distribution}) failed to load: {error}") from error
            reason = f"{type(error).__name__}: {error}"
            failures.append(Plugin(plugin.name, plugin.distribution, plugin.version, plugin.load, reason))
    entries.extend(_former_tasks(skipped, wanted))
    return Registry(tuple(entries), tuple(failures), frozenset(left_out))


def _environment(variable: str) -> set[str]:
    return {name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()}


def _core() -> Plugin:
    return Plugin(CORE, "xaiplug", version("xaiplug"), partial(import_module, "xaiplug.builtin"))


def _former_tasks(skipped: set[str], wanted: set[str]) -> list[Entry]:
    """Tasks of the entry-point group that the hook `xaiplug_tasks` replaces; named after their wheel."""
    found = []
    for point in sorted(entry_points(group=FORMER_TASKS), key=lambda p: p.name):
        plugin = _from_entry_point(point)
        plugin = replace(plugin, name=plugin.distribution.removeprefix("xaiplug-"))
        if plugin.name in skipped or (wanted and plugin.name not in wanted):
            continue
        told = f"{point.value}, of the former group {FORMER_TASKS}"
        cls = type("FormerTask", (FormerTask,), {"point": staticmethod(point.load), "__doc__": f"{told}."})
        found.append(Entry("task", Spec(point.name, cls, told), plugin))
    return found


def _from_entry_point(point: EntryPoint) -> Plugin:
    distribution = point.dist
    name, version = (distribution.name, distribution.version) if distribution is not None else ("unknown", "0")
    return Plugin(point.name, name, version, point.load, package=point.module.partition(".")[0])


def _from_file(path: Path) -> Plugin:
    def load() -> ModuleType:
        found = importlib.util.spec_from_file_location(f"xaiplug_file_{path.stem}", path)
        if found is None or found.loader is None or not path.is_file():
            raise FileNotFoundError(f"no Python file at {path}")
        module = importlib.util.module_from_spec(found)
        sys.modules[module.__name__] = module
        found.loader.exec_module(module)
        return module

    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "missing"
    return Plugin(path.stem, str(path), digest, load)


def _register(manager: pluggy.PluginManager, plugin: Plugin) -> list[Entry]:
    with redirect_stdout(sys.stderr):  # stdout is the listing's
        module = plugin.load()
        manager.register(module, name=plugin.name)
        try:
            manager.check_pending()
            return [entry for kind in KINDS.values() for entry in _offered(manager, plugin, kind)]
        except BaseException:
            manager.unregister(module)
            raise


def _offered(manager: pluggy.PluginManager, plugin: Plugin, kind: Kind) -> list[Entry]:
    offered: list[Entry] = []
    for implementation in getattr(manager.hook, kind.hook).get_hookimpls():
        if implementation.plugin_name != plugin.name:
            continue
        given = implementation.function()
        for spec in given if isinstance(given, list | tuple) else [given]:
            if not isinstance(spec, Spec):
                raise TypeError(f"{kind.hook} must return a list of Spec, got {type(spec).__name__}")
            if not (isinstance(spec.name, str) and spec.name and isinstance(spec.factory, str | type)):
                raise TypeError(f"{kind.hook}: a Spec needs a name and a class or 'module:Class', got {spec!r:.80}")
            if spec.name in {entry.spec.name for entry in offered}:
                raise ValueError(f"{kind.hook} offers '{spec.name}' twice")
            offered.append(Entry(kind.name, spec, plugin))
    return offered
