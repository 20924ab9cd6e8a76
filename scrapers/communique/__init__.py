"""Statistical communiqués: from a listing page to the year's communiqué to its figures."""

from cityflux.scrapers.communique.listing import Site, fetch
from cityflux.scrapers.communique.parse import Statement, figures
from cityflux.scrapers.communique.rules import Rule, Rules, load

__all__ = ["Rule", "Rules", "Site", "Statement", "fetch", "figures", "load"]
