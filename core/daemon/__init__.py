"""The daemon: refreshed by the clock, recomputed by the change."""
