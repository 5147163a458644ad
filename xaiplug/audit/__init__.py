"""Whether a study's ranking can be trusted: what it left open is varied, and what then may be said is worked out."""
