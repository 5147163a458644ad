"""Which published implementations keep what they claim: `python -m benchmarks.published`."""
