"""The engine: from figures to standardized, weighted and aggregated scores."""
