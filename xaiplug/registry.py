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
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from xaiplug import hookspecs
from xaiplug.components import Component, Origin
from xaiplug.errors import ComponentError, PluginError, Problem, RegistryError, did_you_mean, listing
from xaiplug.homes import home_of
from xaiplug.spec import Spec

GROUP = "xaiplug"


@dataclass(frozen=True)
class Plugin:
    """One installed plug-in, loaded or not."""

    name: str
    distribution: str
    version: str
    load: Callable[[], ModuleType] = field(repr=False)
    error: str = ""


@dataclass(frozen=True)
class Entry:
    """One component that a plug-in offers."""

    kind: str
    spec: Spec
    plugin: Plugin

    @property
    def name(self) -> str:
        """The full name, `plugin/name`."""
        return f"{self.plugin.name}/{self.spec.name}"

    @property
    def origin(self) -> Origin:
        return Origin(self.kind, self.spec.name, self.plugin.name, self.plugin.distribution, self.plugin.version)

    def load(self) -> type[Component]:
        """Import the component's class.

        Raises:
            PluginError: it does not import, or is no component of this kind.
        """
        try:
            cls = self.spec.load()
        except Exception as error:
            raise PluginError(
                f"{self.kind} '{self.name}' ({self.plugin.distribution} {self.plugin.version}) failed to import: "
                f"{type(error).__name__}: {error}"
            ) from error
        if not (isinstance(cls, type) and issubclass(cls, Component) and cls.kind == self.kind):
            raise PluginError(
                f"{self.kind} '{self.name}': {self.spec.factory!r} is no subclass of the {self.kind} base class"
            )
        return cls


@dataclass(frozen=True)
class Registry:
    """Everything found: entries that can be made, plug-ins that failed."""

    entries: tuple[Entry, ...]
    failures: tuple[Plugin, ...]

    def of_kind(self, kind: str) -> list[Entry]:
        """Entries of one kind, sorted by name."""
        return sorted((e for e in self.entries if e.kind == kind), key=lambda e: (e.spec.name, e.plugin.name))

    def find(self, kind: str, name: str) -> Entry:
        """The one entry called `name` or `plugin/name`.

        Raises:
            RegistryError: nobody offers it, or several do.
            PluginError: the plug-in named failed to load.
        """
        if kind not in hookspecs.HOOKS:
            raise RegistryError(
                f"unknown kind '{kind}'{did_you_mean(kind, hookspecs.HOOKS)} (kinds: {listing(hookspecs.HOOKS)})"
            )
        found = [e for e in self.of_kind(kind) if name in (e.spec.name, e.name)]
        if len(found) == 1:
            return found[0]
        if found:
            owners = " and ".join(f"'{e.name}' ({e.plugin.distribution} {e.plugin.version})" for e in found)
            raise RegistryError(f"{kind} '{name}' is offered by {owners}; write the full name of the one you mean")
        raise self._unknown(kind, name)

    def _unknown(self, kind: str, name: str) -> RegistryError:
        wanted, _, bare = name.rpartition("/")
        for failed in self.failures:
            if failed.name == wanted or (not wanted and home_of(kind, bare) == failed.name):
                return PluginError(
                    f"{kind} '{name}': plug-in '{failed.name}' ({failed.distribution}) failed to load: {failed.error}"
                )
        home = home_of(kind, bare)
        if home is not None and home not in {e.plugin.name for e in self.entries}:
            return RegistryError(
                f"unknown {kind} '{name}': it is in a wheel that is not installed; pip install xaiplug-{home}"
            )
        others = sorted({e.kind for e in self.entries if bare == e.spec.name})
        if others:
            return RegistryError(f"unknown {kind} '{name}': '{bare}' is a {' and a '.join(others)}")
        known = [e.spec.name for e in self.of_kind(kind)] + [e.name for e in self.of_kind(kind)]
        return RegistryError(f"unknown {kind} '{name}'{did_you_mean(name, known)} (see: xaiplug list {kind}s)")

    def create(self, kind: str, name: str, params: Mapping[str, Any] | None = None) -> Component:
        """Make the component `name` with `params`.

        Raises:
            RegistryError: unknown or ambiguous name.
            ComponentError: bad parameters.
        """
        entry = self.find(kind, name)
        component = entry.load()(**dict(params or {}))
        object.__setattr__(component, "origin", entry.origin)
        return component


def discover(*, disable: Iterable[str] = (), only: Iterable[str] = (), files: Iterable[str | Path] = ()) -> Registry:
    """Load every installed plug-in, and local plug-in files; nothing is cached here.

    Args:
        disable: plug-in names to skip before import, besides `XAIPLUG_DISABLE`.
        only: if not empty, load only these, besides `XAIPLUG_PLUGINS`.
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
    installed = [_from_entry_point(point) for point in sorted(entry_points(group=GROUP), key=lambda p: p.name)]
    for plugin in [*installed, *(_from_file(Path(file)) for file in files)]:
        if plugin.name in skipped or (wanted and plugin.name not in wanted):
            continue
        try:
            entries.extend(_register(manager, plugin))
        except Exception as error:
            if os.environ.get("XAIPLUG_STRICT") == "1":
                raise PluginError(f"plug-in '{plugin.name}' ({plugin.distribution}) failed to load: {error}") from error
            reason = f"{type(error).__name__}: {error}"
            failures.append(Plugin(plugin.name, plugin.distribution, plugin.version, plugin.load, reason))
    return Registry(tuple(entries), tuple(failures))


def registry() -> Registry:
    """The registry of this process; discovered once."""
    global _current
    if _current is None:
        _current = discover()
    return _current


def configure(*, disable: Iterable[str] = (), only: Iterable[str] = (), files: Iterable[str | Path] = ()) -> Registry:
    """Discover again with a run file's `plugins:` section, and make that this process's registry."""
    global _current
    _current = discover(disable=disable, only=only, files=files)
    return _current


_current: Registry | None = None


def resolve(kind: str, value: Any) -> Component:
    """A component from whatever names it: a name, `(name, params)`, `{"use":, "params":}`, or an instance.

    Raises:
        RegistryError: unknown or ambiguous name.
        ComponentError: bad parameters, or something that names no component.
    """
    match value:
        case Component():
            if value.kind != kind:
                raise ComponentError(
                    f"expected a component of kind {kind}, got the {value.kind} {type(value).__name__}"
                )
            return value
        case str():
            return registry().create(kind, value)
        case (str() as name, dict() as params):
            return registry().create(kind, name, params)
        case {"use": str() as name, "params": dict() as params} if len(value) == 2:
            return registry().create(kind, name, params)
        case {"use": str() as name} if len(value) == 1:
            return registry().create(kind, name)
    forms = "a name, (name, params), {use:, params:} or an instance"
    message = f"expected a component of kind {kind}: {forms}, got {value!r:.80}"
    raise ComponentError(message, [Problem((), message)])


def _environment(variable: str) -> set[str]:
    return {name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()}


def _from_entry_point(point: EntryPoint) -> Plugin:
    distribution = point.dist
    name, version = (distribution.name, distribution.version) if distribution is not None else ("unknown", "0")
    return Plugin(point.name, name, version, point.load)


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
    module = plugin.load()
    manager.register(module, name=plugin.name)
    try:
        manager.check_pending()
        return [entry for kind, hook in hookspecs.HOOKS.items() for entry in _offered(manager, plugin, kind, hook)]
    except Exception:
        manager.unregister(module)
        raise


def _offered(manager: pluggy.PluginManager, plugin: Plugin, kind: str, hook: str) -> list[Entry]:
    offered: list[Entry] = []
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        if implementation.plugin_name != plugin.name:
            continue
        for spec in implementation.function():
            if not isinstance(spec, Spec):
                raise TypeError(f"{hook} must return a list of Spec, got {type(spec).__name__}")
            if spec.name in {entry.spec.name for entry in offered}:
                raise ValueError(f"{hook} offers '{spec.name}' twice")
            offered.append(Entry(kind, spec, plugin))
    return offered
