"""Causes that maintainers of training code know: one file each, its signature beside what to do
about it.
"""
