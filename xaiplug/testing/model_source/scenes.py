"""What model sources are asked in the kit: to load what their `trial` names."""

from xaiplug.testing.shared.trials import outcome, trial

__all__ = ["outcome", "trial"]
