"""What was found: plug-ins, and the components that they offer; by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any

from xaiplug.errors import PluginError, RegistryError, did_you_mean, listing
from xaiplug.hookspecs import KINDS
from xaiplug.kinds.base import Component, Origin
from xaiplug.registry.homes import home_of
from xaiplug.spec import Spec


@dataclass(frozen=True)
class Plugin:
    """One installed plug-in, loaded or not; `package` is its top-level package, "" for a single file."""

    name: str
    distribution: str
    version: str
    load: Callable[[], ModuleType] = field(repr=False)
    error: str = ""
    package: str = ""


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
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a module may exit, or raise what no `except Exception` sees
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
    """Everything found: entries that can be made, plug-ins that failed, names of those that were left out."""

    entries: tuple[Entry, ...]
    failures: tuple[Plugin, ...]
    skipped: frozenset[str] = frozenset()

    def of_kind(self, kind: str) -> list[Entry]:
        """Entries of one kind, sorted by name."""
        return sorted((e for e in self.entries if e.kind == kind), key=lambda e: (e.spec.name, e.plugin.name))

    @cached_property
    def _named(self) -> dict[tuple[str, str], list[Entry]]:
        """Kind and name, short or full -> who offers that, sorted by name."""
        found: dict[tuple[str, str], list[Entry]] = {}
        for entry in sorted(self.entries, key=lambda e: e.name):
            for name in dict.fromkeys((entry.spec.name, entry.name)):
                found.setdefault((entry.kind, name), []).append(entry)
        return found

    def find(self, kind: str, name: str) -> Entry:
        """The one entry called `name` or `plugin/name`.

        Raises:
            RegistryError: nobody offers it, or several do.
            PluginError: the plug-in named failed to load.
        """
        if kind not in KINDS:
            raise RegistryError(f"unknown kind '{kind}'{did_you_mean(kind, KINDS)} (kinds: {listing(KINDS)})")
        found = self._named.get((kind, name), [])
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
        if (left_out := wanted or home) in self.skipped:
            return RegistryError(
                f"{kind} '{name}': plug-in '{left_out}' is disabled (plugins: disable or only, XAIPLUG_DISABLE, "
                "XAIPLUG_PLUGINS)"
            )
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
