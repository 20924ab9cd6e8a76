"""Taking in the figures of a file: all of them or none."""
