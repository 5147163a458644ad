"""Follow a page to the letter: run what it shows, in its order, in a folder of its own.

    python docs/follow.py docs/start.md --to FOLDER [--limit MINUTES]

- `python` blocks share one interpreter; `sh` blocks run in bash and stop at the first error.
- A block below a line that ends with "`NAME`:" is written to that file.
- A `text` block is what the `python` block above it prints. "..." stands for anything, and numbers with a point may be
  a tenth off, or one in their last place: a network that was trained on another machine is another network.

What the page installs goes into a throwaway environment on top of this one. Commands that set up the house (`make`,
`source`) are passed over: `.ci/newcomer` follows those on a clean clone.
"""

from __future__ import annotations

import argparse
import contextlib
import doctest
import io
import os
import re
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`(?P<name>[\w./-]+)`:\s*\Z")
SETUP = re.compile(r"^(make|source)\b")
"""Commands that set up the house."""
SCRIPTS = ("xaiplug", "pytest")
NUMBER = re.compile(r"-?\d+\.\d+")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Block:
    """A block of a page: its language, text, and line; the file that it is written to, if any."""

    language: str
    text: str
    line: int
    file: str


def blocks(page: Path) -> list[Block]:
    """What a page shows, in its order."""
    text = page.read_text("utf-8")
    found = []
    for match in BLOCK.finditer(text):
        named = NAMED.search(text, 0, match.start())
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(match["language"], match["text"], line, named["name"] if named else ""))
    return found


def follow(page: Path) -> None:
    """Do what `page` shows, in the working directory.

    Raises:
        SystemExit: a block that does not do what the page says.
    """
    names: dict[str, object] = {"__name__": "__main__"}
    printed = ""
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        if block.file:
            path = Path(block.file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
        elif block.language == "sh":
            _shell(block, where)
        elif block.language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile("\n" * block.line + block.text, str(page), "exec"), names)
            printed = out.getvalue()
            print(printed, end="", flush=True)
        elif block.language == "text" and not same(block.text, printed):
            sys.exit(f"{where}: the page says\n{block.text}\nand what is printed is\n{printed}")


def same(told: str, printed: str) -> bool:
    """Whether what is printed is what a page tells.

    >>> same("mass 0.68 of ...", "mass 0.67 of all"), same("mass 0.68", "mass 0.52"), same("2 of 3", "2 of 4")
    (True, False, False)
    """
    here, there = NUMBER.findall(told), NUMBER.findall(printed)
    words = doctest.OutputChecker().check_output(NUMBER.sub("#", told), NUMBER.sub("#", printed), FLAGS)
    return words and (all(map(_near, here, there)) if len(here) == len(there) else "..." in told)


def _near(told: str, printed: str) -> bool:
    last = 10.0 ** -len(told.partition(".")[2])
    return abs(float(told) - float(printed)) <= max(0.1 * abs(float(told)), last) + 1e-9


def _shell(block: Block, where: str) -> None:
    lines = [line for line in block.text.splitlines() if not SETUP.match(line)]
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", "\n".join(lines)], check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(f"{where}: exit code {done.returncode} of\n{block.text}")


def environment(folder: Path) -> dict[str, str]:
    """Variables of a throwaway environment in `folder`, on top of this one: nothing that is installed there stays."""
    venv.create(folder, with_pip=False)
    own = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    below = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    (Path(own) / "below.pth").write_text(below, "utf-8")
    for name in SCRIPTS:
        _, _, body = (Path(sys.executable).parent / name).read_text("utf-8").partition("\n")
        script = folder / "bin" / name
        script.write_text(f"#!{folder / 'bin' / 'python'}\n{body}", "utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    path = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    pip = {"PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_DEPS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return os.environ | pip | {"PATH": path, "MPLBACKEND": "agg"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("--to", type=Path, required=True, help="the folder to work in; it is made")
    parser.add_argument("--limit", type=float, help="minutes after which it took too long")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    page = given.page.resolve()
    given.to.mkdir(parents=True, exist_ok=True)
    if given.inside:
        os.chdir(given.to)
        follow(page)
        return
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        command = [Path(folder) / "bin" / "python", __file__, page, "--to", given.to, "--inside"]
        done = subprocess.run(command, env=environment(Path(folder)), check=False)
    minutes = (time.monotonic() - started) / 60
    print(f"{given.page}: {minutes:.1f} minutes")
    if done.returncode or (given.limit and minutes > given.limit):
        sys.exit(f"{given.page}: " + ("failed" if done.returncode else f"took more than {given.limit:g} minutes"))


if __name__ == "__main__":
    main()
