"""Statistical communiqués: from a listing page to the year's communiqué to its figures."""

from cityflux.scrapers.communique.listing import Site, fetch
from cityflux.scrapers.communique.parse import Figure, figures
from cityflux.scrapers.communique.rules import Rule, Rules, load

__all__ = ["Figure", "Rule", "Rules", "Site", "fetch", "figures", "load"]
