"""From paths to lines: bytes unpacked, decoded, freed of terminal codes; archives, other places,
databases.
"""
