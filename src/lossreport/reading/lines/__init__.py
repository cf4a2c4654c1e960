"""What one line of a hand-written text log says, and what a file of such lines says together."""
