"""Display only: transforms of attributions, figures, leaderboards, the HTML report. Nothing here feeds back into a score."""
