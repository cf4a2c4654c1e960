"""Holds a stored report against its seal and its logs."""
