"""What flows between cities, measured: scale, direction, frequency, range and dominance."""
