"""Plugins: hook specifications, manager, contract, check."""
