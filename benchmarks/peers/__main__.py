"""`python -m benchmarks.peers [--only gradient,captum] [--rounds 9] [--again]`: races that were not run yet, the table.

Peers are in the `bench` extra: `pip install -e .[bench]`.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import torch

from benchmarks.peers import of_captum, of_others, race, table

KEPT = Path(__file__).parent / "races.json"
PAGE = Path(__file__).parents[2] / "docs" / "results" / "peers.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="parts of names of races, with commas; all of them must be there")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--again", action="store_true", help="also those that were run")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    known = table.read(KEPT)
    for one in (*of_captum.races(), *of_others.races()):
        wanted = all(part.strip() in one.name for part in options.only.split(","))
        if not wanted or (one.name in known and not options.again):
            continue
        row = race.run(one, options.rounds)
        told = f"{row.ratio:.2f} [{row.low:.2f}, {row.high:.2f}]" if row.equal else "no race"
        print(f"{one.name}: {told}, outputs {row.apart:.1e} apart", flush=True)
        table.keep(KEPT, one.name, row, options.rounds)
    table.page(PAGE, table.read(KEPT))


if __name__ == "__main__":
    main()
