"""Measures on matrices that steps and analysis share: statistics, correlation, ranks."""
