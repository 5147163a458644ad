"""`xaiplug validate FILE`: everything wrong with a run file, each with its line."""

from __future__ import annotations

import typer

from xaiplug.cli.options import RunFile, Settings


def validate(file: RunFile, settings: Settings = None) -> None:
    """Check a run file; nothing is run."""
    from xaiplug.config import load

    config = load(file, settings or (), strict=True)
    counts = [f"{len(config.file.models)} models", f"{len(config.file.data)} data sets"]
    counts += [f"{len(variants)} {section}" for section, variants in config.variants.items() if variants]
    typer.echo(f"{file}: good ({', '.join(counts)}, {len(config.file.seeds)} seeds)")
