"""What a run's engine calls: cells of one job, each with what came of it in a word."""

from __future__ import annotations

from xaiplug.errors import one_line
from xaiplug.kinds.engine import BUSY, DONE, FAILED, WAITS
from xaiplug.run.cell import WaitsError, run_cell
from xaiplug.run.claims import BusyError


def do_cells(folder: str, cells: list[str]) -> list[str]:
    """Compute cells of a run, one after the other; one that fails harms only those that read it."""
    return [_done(folder, cell, wait=False) for cell in cells]


def wait_for_cells(folder: str, cells: list[str]) -> list[str]:
    """The same; a cell that another process computes is waited for, and computed here if that process is gone."""
    return [_done(folder, cell, wait=True) for cell in cells]


def _done(folder: str, cell: str, *, wait: bool) -> str:
    try:
        run_cell(folder, cell, wait=wait)
    except WaitsError:
        return WAITS
    except BusyError:
        return BUSY
    except Exception as error:
        return f"{FAILED}: {one_line(error)}"
    return DONE
