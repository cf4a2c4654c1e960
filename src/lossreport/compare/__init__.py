"""Runs side by side: over one axis, with intervals, and what of them differs."""
