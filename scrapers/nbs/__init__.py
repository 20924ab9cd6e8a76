"""The National Bureau of Statistics of China (国家统计局), in the three shapes that it comes in.

- `scrapers.nbs.current`: the interface behind data.stats.gov.cn since March 2026;
- `scrapers.nbs.easyquery`: answers of the interface before it, kept as files;
- `scrapers.nbs.download`: tables that a person downloaded by hand.

All three give the same tidy rows (`scrapers.nbs.rows`), and `select` takes cities out of them.
"""

from cityflux.scrapers.nbs.download import read_download
from cityflux.scrapers.nbs.rows import SCHEMA, select

__all__ = ["SCHEMA", "read_download", "select"]
