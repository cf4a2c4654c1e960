"""Reports after they were written: taken apart, verified, compared, indexed, and made in batches.
Above read -> ... -> render.
"""
