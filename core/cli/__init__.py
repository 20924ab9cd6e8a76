"""The command line. Nothing below imports this room."""
