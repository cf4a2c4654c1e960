"""What belongs together: launches, writers, entities and axes of one file, and the files of one
run.
"""
