"""`xaiplug check NAME`: does a component keep its contract?"""

from __future__ import annotations

from typing import Annotated

import typer

from xaiplug.cli.output import FAILED, refuse
from xaiplug.errors import RegistryError, did_you_mean
from xaiplug.hookspecs import HOOKS


def check(
    name: Annotated[str, typer.Argument(help="A component, or plugin/component.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every installed component.")] = False,
    kind: Annotated[str, typer.Option(help="Where two kinds share the name.")] = "",
) -> None:
    """Hold components to the conformance kit; exit 1 on a violation."""
    if bool(name) == everything:
        refuse("say which: xaiplug check NAME, or xaiplug check --all")
    from xaiplug.testing import check_component

    failed = 0
    for found_kind, found in _wanted(name, kind):
        report = check_component(found_kind, found)
        for line in report.lines():
            typer.echo(line)
        failed += not report.ok
    if everything:
        failed += _failed_plugins()
    if failed:
        raise typer.Exit(FAILED)


def _wanted(name: str, kind: str) -> list[tuple[str, str]]:
    """Kind and full name of what is to be checked."""
    from xaiplug.registry import registry

    found = registry()
    kinds = [kind] if kind else list(HOOKS)
    if not name:
        return [(one, entry.name) for one in kinds for entry in found.of_kind(one)]
    wanted = [one for one in kinds if any(name in (e.spec.name, e.name) for e in found.of_kind(one))]
    if kind or len(wanted) == 1:
        return [(one, found.find(one, name).name) for one in wanted or kinds]
    if wanted:
        raise RegistryError(f"'{name}' is a {' and a '.join(wanted)}; say which with --kind")
    for one in kinds:  # a plug-in that failed, or a wheel that is not installed, has its own message
        try:
            found.find(one, name)
        except RegistryError as error:
            if "see: xaiplug list" not in str(error):
                raise
    known = [e.spec.name for e in found.entries] + [e.name for e in found.entries]
    raise RegistryError(f"nothing is called '{name}'{did_you_mean(name, known)} (see: xaiplug list)")


def _failed_plugins() -> int:
    from xaiplug.registry import registry

    for plugin in registry().failures:
        typer.echo(f"plugin {plugin.name} ({plugin.distribution}): failed to load: {plugin.error}")
    return len(registry().failures)
