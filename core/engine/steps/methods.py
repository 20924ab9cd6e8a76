"""All methods by kind and name: the built-in ones, and those that plugins register."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from cityflux.core.engine.measures.statistics import PassFunction
from cityflux.core.engine.steps.aggregation import AGGREGATIONS, Aggregation
from cityflux.core.engine.steps.imputation import IMPUTATIONS, Imputation
from cityflux.core.engine.steps.standardization import STANDARDIZATIONS, Standardization
from cityflux.core.engine.steps.transformation import TRANSFORMATIONS, Transformation
from cityflux.core.engine.steps.weighting import WEIGHTINGS, Weighting
from cityflux.core.model.errors import PluginError, UnknownName

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Methods:
    """The methods that an index definition may name.

    Every instance starts with the built-in methods and can be handed to plugins:
    ``hook.register_methods(register=methods.register)``.

    Attributes:
        imputation: by name.
        transformation: of the treatment of outliers, by name.
        standardization: by name.
        weighting: by name.
        aggregation: by name.
        outlier_test: in place of the limits of skewness and kurtosis, by name; none is built in.
    """

    def __init__(self) -> None:
        self.imputation: dict[str, Imputation] = dict(IMPUTATIONS)
        self.transformation: dict[str, Transformation] = dict(TRANSFORMATIONS)
        self.standardization: dict[str, Standardization] = dict(STANDARDIZATIONS)
        self.weighting: dict[str, Weighting] = dict(WEIGHTINGS)
        self.aggregation: dict[str, Aggregation] = dict(AGGREGATIONS)
        self.outlier_test: dict[str, PassFunction] = {}

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
        kinds = self._kinds()
        if kind not in kinds:
            raise PluginError(f"method kind {kind!r} is unknown; write one of {', '.join(kinds)}")
        if not _NAME.fullmatch(name):
            raise PluginError(f"{kind} {name!r}: use small letters, digits and underscores")
        if name in kinds[kind]:
            raise PluginError(f"{kind} {name!r} exists already; give yours another name")
        if not callable(function):
            raise PluginError(f"{kind} {name!r} is {function!r}; register a function")
        kinds[kind][name] = function

    def get(self, kind: str, name: str) -> Callable[..., Any]:
        """Give a method.

        Raises:
            UnknownName: when there is none of this name.
        """
        known = self._kinds()[kind]
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = (
                f"did you mean {near[0]!r}?"
                if near
                else f"there are {', '.join(sorted(known)) or 'none'}"
            )
            raise UnknownName(f"no {kind} is called {name!r}; {hint}")
        return known[name]

    def _kinds(self) -> dict[str, dict[str, Callable[..., Any]]]:
        return {
            "imputation": self.imputation,
            "transformation": self.transformation,
            "standardization": self.standardization,
            "weighting": self.weighting,
            "aggregation": self.aggregation,
            "outlier_test": self.outlier_test,
        }
