"""What the command line does at a terminal: the answer in a few lines, a progress bar, a log that
is followed, a sample run.
"""
