"""Holds every claim of an analysis against the rows it is about, by rules that share no code with
those that made it.
"""
