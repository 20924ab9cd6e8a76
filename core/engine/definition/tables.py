"""The tables of an index definition that make up its tree, as they are written."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from cityflux.core.engine.definition.choices import Choice, DenominatorChoice, Joining, Steps


class Leaf(Steps):
    """An indicator in the tree, with what is special about it here."""

    id: str
    weight: float = 1.0
    direction: Literal[1, -1] | None = None
    denominator: DenominatorChoice | None = None


class Group(Choice):
    """Whatever has indicators right under it: an id alone stands for a leaf without more."""

    indicators: list[Leaf] = Field(default_factory=list)

    @field_validator("indicators", mode="before")
    @classmethod
    def _name(cls, entries: Any) -> Any:
        if not isinstance(entries, list):
            return entries
        return [{"id": entry} if isinstance(entry, str) else entry for entry in entries]


class NodeTable(Steps, Joining, Group):
    """A node as written: a group of indicators, of nodes, or of both."""

    id: str
    name_zh: str
    name_en: str
    parent: str | None = None
    weight: float = 1.0
