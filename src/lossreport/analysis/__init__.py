"""Analyse: a `Run` becomes an `Analysis`."""
