"""The optional steps before standardization, as an index definition writes them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Within = Literal["period", "all"]


class Choice(BaseModel):
    """A table of a step: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ScreeningChoice(Choice):
    """Cities with less than this share of their figures leave the period."""

    min_available: float = Field(default=2 / 3, ge=0, le=1)
    include: list[str] = []
    exclude: list[str] = []


class DenominatorChoice(Choice):
    """What an indicator is divided by, and per how many units of it."""

    by: str
    scale: float = Field(default=1.0, gt=0, allow_inf_nan=False)


class ImputationChoice(Choice):
    """How gaps are filled; methods over time look at all periods whatever ``within`` says."""

    model_config = ConfigDict(extra="allow", frozen=True)
    method: str
    within: Within = "period"

    @property
    def parameters(self) -> dict[str, Any]:
        """What the method is called with besides the data."""
        return dict(self.__pydantic_extra__ or {})


class TreatmentChoice(Choice):
    """How outliers are treated: the fields of `core.engine.treatment.Treatment`.

    TOML has no null, so ``winsorize = "all"`` sets no limit.
    """

    within: Within = "period"
    winsorize: int | Literal["all"] = 5
    force: bool = False
    transform: str = "log"
    params: dict[str, Any] = {}
    combine: bool = False
