"""What the checks of several kinds share: scenes, networks, comparisons, and how a check is run."""
