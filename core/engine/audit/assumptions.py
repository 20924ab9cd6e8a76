"""What an audit varies: the blocks of its TOML file, with defaults for every index."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from cityflux.core.engine.definition.choices import (
    Aggregation,
    Choice,
    Comparability,
    ImputationChoice,
    Standardization,
    TreatmentChoice,
)
from cityflux.core.engine.definition.index import Definition
from cityflux.core.model.errors import ConfigError, IndexDefinitionError
from cityflux.core.model.sections import validated
from cityflux.core.model.toml import read_checked

#: The comparability under which every known figure counts.
ALL_KNOWN: Literal["all known"] = "all known"


class Weights(Choice):
    """How weights may be others.

    Attributes:
        noise: f of w (1 + f u), u uniform in -1 to 1, for every node on its own.
        nodes: other f by node.
        concentration: c of a Dirichlet distribution around the written weights of siblings, whose
            parameters sum to c times their number; in place of the noise.
        sets: draw the weights of all nodes from these ``weight_sets`` of the definition and the
            written ones; the noise is then 0 unless given.
        bootstrap: draw the mean of as many of the ``sets``, with replacement, in place of one of
            them: how sure the mean of a panel of experts is, and not how far apart they are.
    """

    noise: float | None = Field(default=None, ge=0, le=1)
    nodes: dict[str, float] = Field(default_factory=dict)
    concentration: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    sets: list[str] = Field(default_factory=list)
    bootstrap: bool = False

    @property
    def spread(self) -> float:
        """The noise of a node that is not named."""
        if self.noise is None:
            return 0.0 if self.sets or self.nodes else 0.25
        return self.noise

    @model_validator(mode="after")
    def _one(self) -> Weights:
        if self.concentration is not None and (self.noise is not None or self.nodes):
            raise ValueError("noise and concentration exclude each other; keep one")
        if self.bootstrap and len(self.sets) < 2:
            raise ValueError("bootstrap draws from sets; name two or more in sets")
        if any(not 0 <= each <= 1 for each in self.nodes.values()):
            raise ValueError("the noise of a node is a share; write 0 to 1")
        return self


class Error(Choice):
    """How far figures may be off: a share of each figure, normal, by indicator or for all.

    ``known`` takes the share of an indicator from the database where it shows one: what its figures
    moved when they were revised or became final, and what its sources differ by.
    """

    relative: float = Field(default=0.0, ge=0, le=1)
    indicators: dict[str, float] = Field(default_factory=dict)
    known: bool = True


class Missing(Choice):
    """How missing figures are drawn: see `core.engine.audit.completion`.

    Attributes:
        fill: ``auto`` fills where at least half of the indicators are seen; ``never`` does not.
        copies: how many complete copies are drawn.
        shift: by how many standard deviations the filled figures are moved down; 0 but to see what
            it means if cities do not report what is small.
    """

    fill: Literal["auto", "never"] = "auto"
    copies: int = Field(default=200, ge=2, le=10_000)
    shift: float = Field(default=0.0, ge=-5, le=5)


class Assumptions(Choice):
    """What is varied besides what the definition says, which is always one of the options."""

    weights: Weights | None = None
    standardization: list[Standardization] = Field(default_factory=list)
    aggregation: list[Aggregation] = Field(default_factory=list)
    imputation: list[ImputationChoice | Literal["none"]] = Field(default_factory=list)
    treatment: list[TreatmentChoice | Literal["none"]] = Field(default_factory=list)
    comparability: list[Comparability | Literal["all known"]] = Field(default_factory=list)
    leave_out: Literal["indicators", "groups"] | list[str] = Field(default_factory=list)
    error: Error | None = None
    missing: Missing = Missing()


def default_assumptions(definition: Definition) -> Assumptions:
    """What is varied of an index, its definition given, unless its audit says otherwise.

    The weights by a quarter, three standardizations, an indicator left out, and which figures are
    let in; missing figures where they can be told.
    """
    own = definition.standardization.method
    others = [
        Standardization(method=name, within=definition.standardization.within)
        for name in ("zscore", "minmax", "percentile_rank")
        if name != own
    ]
    return Assumptions(
        weights=Weights(),
        standardization=others,
        comparability=[ALL_KNOWN],
        leave_out="indicators" if len(definition.leaves) > 2 else [],
    )


def read_assumptions(path: Path, definition: Definition) -> Assumptions:
    """Read what an audit varies, and check it against the index.

    Args:
        path: a TOML file.
        definition: the index.

    Raises:
        ConfigError: the file cannot be read, or a key or value makes no sense.
        IndexDefinitionError: it names a node that the index does not have.
    """
    return parse_assumptions(read_checked(path, ConfigError), definition, str(path))


def parse_assumptions(
    values: Mapping[str, Any], definition: Definition, origin: str
) -> Assumptions:
    """Check what an audit varies.

    Args:
        values: as read from TOML.
        definition: the index.
        origin: the file, for messages.

    Raises:
        ConfigError, IndexDefinitionError: as `read_assumptions`.
    """
    found = validated(Assumptions, values, origin)
    nodes = {node.id for node in definition.tree[1:]}
    named = [*(found.weights.nodes if found.weights else ())]
    named += found.leave_out if isinstance(found.leave_out, list) else []
    named += found.error.indicators if found.error else []
    if unknown := [name for name in named if name not in nodes]:
        raise IndexDefinitionError(
            f"{origin}: {definition.id} has no node {unknown[0]!r}; "
            f"see: cityflux show {definition.id} --all"
        )
    sets = found.weights.sets if found.weights else []
    if strange := [name for name in sets if name not in definition.weight_sets]:
        known = ", ".join(definition.weight_sets) or "none"
        raise IndexDefinitionError(
            f"{origin}: {definition.id} has no set of weights {strange[0]!r}; there are: {known}"
        )
    return found
