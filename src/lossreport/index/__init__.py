"""One page over all reports below a folder, and what an archive teaches the next report."""
