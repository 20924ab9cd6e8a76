"""Tables of a TOML file, checked: what config.toml and the definition of an index are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cityflux.core.model.errors import ConfigError
from cityflux.core.model.near import meant

if TYPE_CHECKING:
    from collections.abc import Mapping

Model = TypeVar("Model", bound=BaseModel)


class Section(BaseModel):
    """A table: unknown keys are errors, values do not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Quality(Section):
    """When a fetched figure is marked as suspect."""

    jump: float = Field(default=5.0, gt=1)
    fewest: float = Field(default=0.5, ge=0, le=1)
    off: list[str] = []


class Politeness(Section):
    """How politely sources are asked."""

    contact: str = ""
    requests_per_second: float = Field(default=1.0, gt=0)
    connections: int = Field(default=2, ge=1, le=16)
    deadline: float = Field(default=120.0, gt=0)
    max_megabytes: int = Field(default=64, ge=1)
    allow_hosts: list[str] = Field(default_factory=list)
    obey_robots: bool = True


def validated(model: type[Model], values: Mapping[str, Any], file: str) -> Model:
    """Check values against a model.

    Raises:
        ConfigError: with the file, the key, what is wrong and what was probably meant.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"{file}: {explain(error, model)}") from error


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """The first thing that is wrong, in one line."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        *parents, key = first["loc"]
        known = list(_section(model, parents).model_fields)
        hint = meant(key, known, f"there are: {', '.join(known)}")
        return f"there is no key {where}; {hint}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message[0].lower()}{message[1:]} (is {repr(first['input'])[:200]})"


def _section(model: type[BaseModel], path: list[Any]) -> type[BaseModel]:
    for part in path:
        field = model.model_fields.get(str(part))
        if field is None:
            continue
        for candidate in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
    return model
