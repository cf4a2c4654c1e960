"""The reports of many runs at once."""
