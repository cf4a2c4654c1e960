"""One file a detector; each holds one DETECTOR."""
