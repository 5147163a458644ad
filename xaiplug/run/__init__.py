"""A study from a checked run file: plan, cells, store, tables.

`run_cell(run_dir, cell_id)` computes one cell from what is on disk; outside schedulers map it over
`read_plan(run_dir)`, inputs first.
"""

from xaiplug.run.cell import run_cell
from xaiplug.run.execute import Outcome, execute, plan_of
from xaiplug.run.plan import Plan, make_plan
from xaiplug.run.planfile import read_plan
from xaiplug.run.study import study_of

__all__ = ["Outcome", "Plan", "execute", "make_plan", "plan_of", "read_plan", "run_cell", "study_of"]
