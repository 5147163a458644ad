"""`xaiplug check NAME`: does a component, or a whole plug-in, keep its contract?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from xaiplug.cli.output import FAILED, refuse
from xaiplug.errors import RegistryError, did_you_mean, listing
from xaiplug.hookspecs import KINDS

if TYPE_CHECKING:
    from xaiplug.registry import Registry
    from xaiplug.testing import Report


def check(
    name: Annotated[str, typer.Argument(help="A component, plugin/component, a plug-in, or a plug-in file.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every installed plug-in and all that it offers.")] = False,
    kind: Annotated[str, typer.Option(help="Where two kinds share the name: explainer, ...")] = "",
) -> None:
    """Hold components to the conformance kit; exit 1 on a violation."""
    if bool(name) == everything:
        refuse("say which: xaiplug check NAME, or xaiplug check --all")
    if kind and kind not in KINDS:
        refuse(f"unknown kind '{kind}'{did_you_mean(kind, KINDS)} (kinds: {listing(KINDS)})")
    failed = 0
    for report in _all(kind) if everything else _named(name, kind):
        for line in report.lines():
            typer.echo(line)
        failed += not report.ok
    if failed:
        raise typer.Exit(FAILED)


def _all(kind: str) -> Iterator[Report]:
    """Every plug-in with what it offers, or every component of one kind."""
    from xaiplug.registry import registry
    from xaiplug.testing import check_component, check_plugin

    found = registry()
    if kind:
        yield from (check_component(kind, entry.name) for entry in found.of_kind(kind))
    else:
        names = {entry.plugin.name for entry in found.entries} | {plugin.name for plugin in found.failures}
        yield from (check_plugin(name) for name in sorted(names))


def _named(name: str, kind: str) -> Iterator[Report]:
    """The component of that name, and the plug-in of that name."""
    from xaiplug.registry import registry
    from xaiplug.testing import check_component, check_plugin

    found = registry()
    kinds = [one for one in ([kind] if kind else KINDS) if _offers(found, one, name)]
    if len(kinds) > 1:
        raise RegistryError(f"'{name}' is a {' and a '.join(kinds)}; say which with --kind")
    plugins = {entry.plugin.name for entry in found.entries} | {plugin.name for plugin in found.failures}
    whole = not kind and (name in plugins or name.endswith(".py"))
    if not kinds and not whole:
        raise _unknown(found, name, kind, plugins)
    yield from (check_component(one, found.find(one, name).name) for one in kinds)
    if whole:
        yield check_plugin(name)


def _offers(found: Registry, kind: str, name: str) -> bool:
    return any(name in (entry.spec.name, entry.name) for entry in found.of_kind(kind))


def _unknown(found: Registry, name: str, kind: str, plugins: set[str]) -> RegistryError:
    """Why there is no such thing; a wheel that is not installed has its own message."""
    for one in [kind] if kind else KINDS:
        try:
            found.find(one, name)
        except RegistryError as error:
            if kind or "see: xaiplug list" not in str(error):
                return error
    known = {*plugins, *(entry.spec.name for entry in found.entries)}
    return RegistryError(f"nothing is called '{name}'{did_you_mean(name, known)} (see: xaiplug list)")
