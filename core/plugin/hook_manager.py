"""pluggy's manager, made for having thousands of them: one for each indicator."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pluggy

PROJECT = "cityflux"


class HookManager(pluggy.PluginManager):
    """A manager of cityflux's hooks that is made quickly.

    pluggy looks at every attribute of whatever it is given, and that takes most of the time. But
    the specifications are the same for all managers, and no hook begins with an underscore.

    Args:
        specifications: the classes that specify the hooks.
    """

    def __init__(self, *specifications: type) -> None:
        super().__init__(PROJECT)
        for each in specifications:
            self.add_hookspecs(each)

    def parse_hookspec_opts(self, module_or_class: Any, name: str) -> Any:
        """The options of a specification; None for anything else."""
        return _specifications(module_or_class).get(name)

    def parse_hookimpl_opts(self, plugin: object, name: str) -> Any:
        """The options of an implementation; None for anything else."""
        return None if name.startswith("_") else super().parse_hookimpl_opts(plugin, name)


@lru_cache
def _specifications(module_or_class: Any) -> Mapping[str, Any]:
    plain = pluggy.PluginManager(PROJECT)
    found = {}
    for name in dir(module_or_class):
        if (options := plain.parse_hookspec_opts(module_or_class, name)) is not None:
            found[name] = options
    return found
