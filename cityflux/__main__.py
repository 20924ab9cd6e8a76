"""``python -m cityflux``: the command line."""

from __future__ import annotations

from cityflux.core.cli.main import main

main()
