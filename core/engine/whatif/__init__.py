"""What if a figure or a weight were another one, and what would have to be for a rank."""
