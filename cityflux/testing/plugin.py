"""A plugin in a test: its hooks are called as a refresh calls them, and held to their contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityflux.core.model.document import Document
from cityflux.core.model.errors import PluginError
from cityflux.core.model.nouns import Indicator, Source
from cityflux.core.plugin import trial
from cityflux.core.plugin.check import Means, check, find_record
from cityflux.core.plugin.inputs import inputs_of
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins, load_plugins
from cityflux.core.plugin.record import PluginRecord
from cityflux.core.plugin.saved import Answer, SavedPages

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.model.http import Http

    Pages = Mapping[str, Answer | list[Answer]] | Http


class PluginInTest:
    """One plugin, with the indicators that it declares; its hooks run in this process.

    Args:
        plugins: the plugin among those that are built in, whose cities it may be about.
        record: which one it is.
    """

    def __init__(self, plugins: Plugins, record: PluginRecord) -> None:
        for kind in (plugins.indicators, plugins.flows):
            kind.update({name: replace(each, apart=None) for name, each in kind.items()})
        self.plugins, self.record = plugins, record

    @classmethod
    def load(
        cls, path: str | Path, beside: Path, others: Iterable[str | Path] = ()
    ) -> PluginInTest:
        """Load a plugin.

        Args:
            path: of its file or folder, or the name of an installed one.
            beside: the folder from which a path counts.
            others: the paths of plugins that it rests on.

        Raises:
            PluginError: there is none, or it is broken.
        """
        file, besides = beside / path, [beside / each for each in others]
        is_file = file.suffix == ".py" or file.is_dir()
        plugins = load_plugins(files=[*besides, *([file] if is_file else [])])
        record = find_record(plugins, str(file if is_file else path))
        if record.error:
            raise PluginError(f"{path}: {record.error}")
        return cls(plugins, record)

    @property
    def indicators(self) -> list[Indicator]:
        """What it declares."""
        return [each.indicator for each in self._own()]

    @property
    def indicator(self) -> Indicator:
        """What it declares, where that is one."""
        return self._one(None).indicator

    @property
    def sources(self) -> list[Source]:
        """Where its figures come from, each once."""
        return [*{source.id: source for each in self._own() for source in each.sources}.values()]

    def alone(self) -> Plugins:
        """All plugins without the indicators of the others."""
        alone = copy(self.plugins)
        alone.indicators, alone.flows = (
            {name: each for name, each in kind.items() if each.record is self.record}
            for kind in (self.plugins.indicators, self.plugins.flows)
        )
        return alone

    def problems(self) -> list[str]:
        """What is wrong with the declarations, the inputs and ``derive`` of made-up figures."""
        means = Means(lambda source: None, None, lambda plugin: inputs_of([]))
        return [
            f"{each.what}: {each.problem}"
            for each in check(self.plugins, self.record, means)
            if each.problem
        ]

    def documents(
        self,
        pages: Pages | None = None,
        *,
        indicator: str | None = None,
        source: str | None = None,
        since: str | None = None,
    ) -> list[Document]:
        """What `fetch` brings home.

        Args:
            pages: what each address answers (see `core.plugin.saved.SavedPages`), or a client.
            indicator: the id of which indicator, where there are several.
            source: the id of which source; all that can be fetched if left out.
            since: the latest period that is known.

        Raises:
            PluginError: it breaks its contract.
            SourceError: there is no page for an address.
        """
        return [
            document
            for group in self._fetched(pages, indicator, source, since)
            for document in group
        ]

    def read(self, documents: Sequence[Document], *, indicator: str | None = None) -> pl.DataFrame:
        """What `normalize` makes of documents: a frame that keeps the contract.

        Raises:
            PluginError: it breaks its contract.
        """
        return trial.normalize(self._one(indicator), documents, self.plugins.cities)

    def figures(
        self,
        pages: Pages | None = None,
        *,
        indicator: str | None = None,
        source: str | None = None,
        since: str | None = None,
    ) -> pl.DataFrame:
        """What `normalize` makes of what `fetch` brings home; takes what `documents` does."""
        import polars as pl

        frames = [
            self.read(group, indicator=indicator)
            for group in self._fetched(pages, indicator, source, since)
        ]
        return pl.concat(frames, how="diagonal")

    def derive(
        self,
        inputs: Iterable[tuple[str, str, str, float]],
        *,
        flows: Iterable[tuple[str, str, str, str, float, str]] = (),
        indicator: str | None = None,
    ) -> pl.DataFrame:
        """What `derive` makes of figures and flows: a frame that keeps the contract.

        Args:
            inputs: rows of indicator, city, period and value.
            flows: rows of kind, origin, destination, period, value and unit.
            indicator: the id of which indicator, where there are several.

        Raises:
            PluginError: it breaks its contract.
        """
        cities = self.plugins.cities
        places = [(c.id, c.country, c.region, c.latitude, c.longitude) for c in cities.values()]
        return trial.derive(self._one(indicator), inputs_of(inputs, flows, places), cities)

    def _own(self) -> list[IndicatorPlugin]:
        everything = (*self.plugins.indicators.values(), *self.plugins.flows.values())
        return [each for each in everything if each.record is self.record]

    def _one(self, indicator: str | None) -> IndicatorPlugin:
        own = {each.indicator.id: each for each in self._own()}
        if indicator is None and len(own) == 1:
            return next(iter(own.values()))
        if indicator not in own:
            which = f"no {indicator}" if indicator else f"{len(own)} indicators"
            raise PluginError(f"{self.record.name} has {which}; name one of {', '.join(own)}")
        return own[indicator]

    def _fetched(
        self, pages: Any, indicator: str | None, source: str | None, since: str | None
    ) -> Iterator[list[Document]]:
        plugin, http = self._one(indicator), as_client(pages)
        ready = [each for each in plugin.sources if each.access in {"bundled", "live"}]
        chosen = [each for each in ready if source in (None, each.id)]
        if not chosen:
            there = ", ".join(each.id for each in ready) or "none"
            raise PluginError(f"{plugin.indicator.id}: no source {source}; there are: {there}")
        for each in chosen:
            yield trial.fetch(plugin, each, http, since)


def as_client(pages: Any) -> Http:
    """The pages as a client; a client as it is."""
    return SavedPages(pages or {}) if pages is None or isinstance(pages, Mapping) else pages
