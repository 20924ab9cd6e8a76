"""Statistical communiqués: from a listing page to the year's communiqué to its figures."""

from scrapers.communique.listing import Site, fetch
from scrapers.communique.parse import Figure, figures
from scrapers.communique.rules import Rule, Rules, load

__all__ = ["Figure", "Rule", "Rules", "Site", "fetch", "figures", "load"]
