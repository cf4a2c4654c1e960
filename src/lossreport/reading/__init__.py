"""Read: files become a `Run`."""
