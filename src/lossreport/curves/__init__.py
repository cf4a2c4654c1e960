"""Arithmetic over curves: arrays in, numbers out; nothing here knows a run."""
