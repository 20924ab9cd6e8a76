"""All methods by kind and name: the built-in ones, and those that plugins register."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cityflux.core.model.errors import PluginError, UnknownName
from cityflux.core.model.near import meant

if TYPE_CHECKING:
    from cityflux.core.engine.measures.statistics import PassFunction
    from cityflux.core.engine.steps.aggregation import Aggregation
    from cityflux.core.engine.steps.imputation import Imputation
    from cityflux.core.engine.steps.standardization import Standardization
    from cityflux.core.engine.steps.transformation import Transformation
    from cityflux.core.engine.steps.weighting import Weighting

KINDS = (
    *("imputation", "transformation", "standardization", "weighting", "aggregation"),
    "outlier_test",
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Methods:
    """The methods that an index definition may name.

    Every instance starts with the built-in methods and can be handed to plugins:
    ``hook.register_methods(register=methods.register)``.
    The modules of a kind are imported when a method of it is looked for.
    """

    @cached_property
    def imputation(self) -> dict[str, Imputation]:
        """Those that fill gaps, by name."""
        from cityflux.core.engine.steps.imputation import IMPUTATIONS

        return dict(IMPUTATIONS)

    @cached_property
    def transformation(self) -> dict[str, Transformation]:
        """Those of the treatment of outliers, by name."""
        from cityflux.core.engine.steps.transformation import TRANSFORMATIONS

        return dict(TRANSFORMATIONS)

    @cached_property
    def standardization(self) -> dict[str, Standardization]:
        """By name."""
        from cityflux.core.engine.steps.standardization import STANDARDIZATIONS

        return dict(STANDARDIZATIONS)

    @cached_property
    def weighting(self) -> dict[str, Weighting]:
        """By name."""
        from cityflux.core.engine.steps.weighting import WEIGHTINGS

        return dict(WEIGHTINGS)

    @cached_property
    def aggregation(self) -> dict[str, Aggregation]:
        """By name."""
        from cityflux.core.engine.steps.aggregation import AGGREGATIONS

        return dict(AGGREGATIONS)

    @cached_property
    def outlier_test(self) -> dict[str, PassFunction]:
        """In place of the limits of skewness and kurtosis, by name; none is built in."""
        return {}

    @cached_property
    def fitting(self) -> set[str]:
        """The hashes of the definitions whose choices were checked against the methods."""
        return set()

    def register(self, kind: str, name: str, function: Callable[..., Any]) -> None:
        """Add a method of a plugin.

        Args:
            kind: ``imputation``, ``transformation``, ``standardization``, ``weighting``,
                ``aggregation`` or ``outlier_test``.
            name: as an index definition writes it: small letters, digits and underscores.
            function: with the signature of the built-in methods of this kind; an outlier test
                takes the figures of an indicator, without gaps, and says whether they pass.

        Raises:
            PluginError: when the kind is unknown, the name malformed or taken, or the function
                cannot be called.
        """
        if kind not in KINDS:
            raise PluginError(f"method kind {kind!r} is unknown; write one of {', '.join(KINDS)}")
        known = getattr(self, kind)
        if not _NAME.fullmatch(name):
            raise PluginError(f"{kind} {name!r}: use small letters, digits and underscores")
        if name in known:
            raise PluginError(f"{kind} {name!r} exists already; give yours another name")
        if not callable(function):
            raise PluginError(f"{kind} {name!r} is {function!r}; register a function")
        known[name] = function

    def get(self, kind: str, name: str) -> Callable[..., Any]:
        """Give a method.

        Raises:
            UnknownName: when there is none of this name.
        """
        known: dict[str, Callable[..., Any]] = getattr(self, kind)
        if name not in known:
            hint = meant(name, known, f"there are {', '.join(sorted(known)) or 'none'}")
            raise UnknownName(f"no {kind} is called {name!r}; {hint}")
        return known[name]
