"""Reports out of a running program: hooks of training frameworks, trackers and tickets, above every other room."""
