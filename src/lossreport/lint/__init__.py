"""Holds a hand-written note about a run against its logs: note -> claims -> answers. Above `api`,
beside the command line.
"""
