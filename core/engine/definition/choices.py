"""The choices of an index definition: which method does a step, and with which parameters.

The steps that work on figures (`Steps`) may be chosen for the index, for a node and for an
indicator: the nearest choice holds, and a whole choice replaces a whole choice.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from cityflux.core.model.errors import PeriodError
from cityflux.core.model.period import Period
from cityflux.core.model.sections import Section

Within = Literal["period", "all"]
#: Fewer cities never compare.
FEWEST = 3
#: What a share may fall short of by rounding.
SLACK = 1e-9


class Choice(Section):
    """A table of an index definition."""


class Periods(Choice):
    """For which periods the index is computed, and how single periods become a span.

    They are those of ``of``, or they are open: each year from ``from`` (``since``) on for which
    there are figures, or with ``spans`` the spans of so many years that end with such a year, the
    first of them beginning with ``from``.
    """

    of: list[str] = Field(default_factory=list)
    since: int | None = Field(default=None, alias="from", ge=1, le=9000, strict=True)
    spans: int | None = Field(default=None, ge=2, le=900, strict=True)
    reduce: Literal["mean", "sum", "last", "median"] = "mean"

    @field_validator("of")
    @classmethod
    def _parse(cls, texts: list[str]) -> list[str]:
        try:
            for text in texts:
                Period.parse(text)
        except PeriodError as error:
            raise ValueError(str(error)) from error
        return texts

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.of) == (self.since is not None):
            raise ValueError("write either of = [...], or from = 2011 for all years from there on")
        if self.spans and self.since is None:
            raise ValueError("spans goes with from: from = 2011, spans = 10 begins with 2011/2020")
        return self

    def closed(self, years: Collection[int]) -> Periods:
        """These periods where those years have figures: at least the first one of open periods."""
        if self.since is None:
            return self
        length = self.spans or 1
        first = self.since + length - 1
        ends = sorted({year for year in years if year >= first}) or [first]
        of = [f"{end - length + 1:04}/{end:04}" if self.spans else f"{end:04}" for end in ends]
        return Periods(of=of, reduce=self.reduce)


class Method(Choice):
    """A method and its parameters, such as ``{method = "minmax", lower = 0, upper = 100}``."""

    model_config = ConfigDict(extra="allow", frozen=True)
    method: str

    @property
    def parameters(self) -> dict[str, Any]:
        """What the method is called with besides the data."""
        return dict(self.__pydantic_extra__ or {})


class Standardization(Method):
    """How figures become comparable (标准化).

    ``within`` says against what: the cities of one ``period``, or ``all`` periods together, so
    that the years of a series compare.
    """

    method: str = "zscore"
    within: Within = "period"


class Aggregation(Method):
    """How the children of a node become its score.

    Missing children are left out and the other weights scaled up; ``threshold`` is the share of
    children that must be there for the node to have a score at all (1 tolerates no gap).
    """

    method: str = "mean"
    threshold: float = Field(default=0.0, ge=0, le=1)


class ScreeningChoice(Choice):
    """Cities with less than this share of their figures leave the period."""

    min_available: float = Field(default=2 / 3, ge=0, le=1)
    include: list[str] = Field(default_factory=list)
    exclude: list[str] = Field(default_factory=list)


class DenominatorChoice(Choice):
    """What an indicator is divided by, and per how many units of it."""

    by: str
    scale: float = Field(default=1.0, gt=0, allow_inf_nan=False)


class ImputationChoice(Method):
    """How gaps are filled; methods over time look at all periods whatever ``within`` says."""

    within: Within = "period"


class TreatmentChoice(Choice):
    """How outliers are treated: the fields of `core.engine.steps.treatment.Treatment`.

    TOML has no null, so ``winsorize = "all"`` sets no limit. ``skewness`` and ``kurtosis`` are
    the limits of the test, ``winsorize_skewness`` and ``winsorize_kurtosis`` those that end
    winsorization, where they are others. ``test`` names a test of a plugin in place of all limits.
    """

    within: Within = "period"
    test: str = ""
    skewness: float = Field(default=2.0, ge=0, allow_inf_nan=False)
    kurtosis: float = Field(default=3.5, allow_inf_nan=False)
    winsorize: Annotated[int, Field(ge=0)] | Literal["all"] = 5
    winsorize_skewness: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    winsorize_kurtosis: float | None = Field(default=None, allow_inf_nan=False)
    force: bool = False
    transform: str = "log"
    params: dict[str, Any] = Field(default_factory=dict)
    combine: bool = False


class Steps(Choice):
    """What may be chosen for an index, a node and an indicator alike."""

    imputation: ImputationChoice | None = None
    treatment: TreatmentChoice | None = None
    standardization: Standardization | None = None


class Comparability(Choice):
    """From when on results compare; each is a share, 0 to 1.

    Attributes:
        periods: of the parts of a span that must be common to the cities; ``any`` takes whatever
            parts each city has.
        cities: of the cities of the index that an indicator needs, and never fewer than three.
        weight: of the weight of the children of a node that a city needs there.
        children: of its children that a node needs.
    """

    periods: float | Literal["any"] = 0.3
    cities: float = Field(default=0.8, gt=0, le=1, strict=True)
    weight: float = Field(default=0.75, gt=0, le=1, strict=True)
    children: float = Field(default=0.5, ge=0, le=1, strict=True)

    @field_validator("periods", mode="before")
    @classmethod
    def _share_or_any(cls, value: Any) -> Any:
        share = isinstance(value, (int, float)) and value is not True and 0 < value <= 1
        if not share and value != "any":
            raise ValueError('write a share above 0 and up to 1, or "any"')
        return value

    def cities_needed(self, cities: int) -> int:
        """How many of the cities of an index an indicator needs."""
        return max(FEWEST, math.ceil(self.cities * cities - SLACK))


class Joining(Choice):
    """What may be chosen for an index, a level and a node: how children become one score."""

    aggregation: Aggregation | None = None
    weighting: Method | None = None
