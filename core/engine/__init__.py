"""The engine: from a table of figures to weighted indices, with every method of the field."""
