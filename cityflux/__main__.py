"""``python -m cityflux``: the command line."""

from __future__ import annotations

from core.cli.main import main

main()
