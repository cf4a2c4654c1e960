"""How runs break off: one family a file; each holds one ENDINGS."""
