"""Display only: transforms of attributions, figures, leaderboards, the HTML report. Nothing here feeds into a score."""
