"""The command `xaiplug`. One small file a command; what is heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; always ends in `SystemExit`.

    0 done, 1 a cell or a check failed, 2 bad usage or run file (nothing was run), 130 interrupted, 143 terminated.
    """
    from xaiplug.cli.app import app

    try:
        Path.cwd()
    except OSError:
        print("the working directory is gone; change to one that is there", file=sys.stderr)
        sys.exit(2)
    app(args=None if arguments is None else list(arguments), prog_name="xaiplug")
