"""Where work is done: in this process, or by workers that an engine of a wheel has.

`fan_out(work, watcher, hands)` is all of an engine but its `Hands`: how it starts, reaches and loses workers.
"""

from xaiplug.engines.fanout import Hands, Reply, fan_out
from xaiplug.engines.serial import Serial
from xaiplug.engines.surroundings import surroundings_kept

__all__ = ["Hands", "Reply", "Serial", "fan_out", "surroundings_kept"]
