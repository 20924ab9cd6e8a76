"""What somebody needs to get the same numbers again."""

from __future__ import annotations

import json
import shlex

from cityflux.core.report.blocks import Block, Cell, Code, Pairs, Section, Text
from cityflux.core.report.view import View


def reproducibility(view: View) -> Section:
    """Definition, data position, version, run and seed, and the commands."""
    run = view.facts.run
    pairs = {
        "hash": run.definition_hash,
        "position": str(run.position),
        "version": run.version,
        "run": str(run.id),
        "started": run.started,
        "ended": run.ended,
        "method": run.method,
        "seed": _seeds(view),
        "command": f"cityflux compute {view.root}",
        "report": _command(view),
    }
    definition = view.facts.definition.model_dump(mode="json", exclude_defaults=True)
    blocks: list[Block] = [
        Text(view.text("reproducibility.lead"), lead=True),
        Pairs([(view.text(f"reproducibility.{key}"), Cell(text)) for key, text in pairs.items()]),
        Code(
            view.text("reproducibility.definition"),
            json.dumps(definition, ensure_ascii=False, indent=1),
        ),
    ]
    return Section("reproducibility", view.text("reproducibility.title"), blocks)


def _seeds(view: View) -> str:
    """The seeds of the imputations that draw random numbers."""
    chosen = [leaf.imputation for leaf in view.facts.definition.leaves if leaf.imputation]
    random = [each for each in chosen if each.method == "iterative"]
    seeds = dict.fromkeys(str(each.parameters.get("seed", 0)) for each in random)
    return ", ".join(seeds) or view.text("reproducibility.no_seed")


def _command(view: View) -> str:
    words = ["cityflux", "report", view.root, "--period", view.facts.period, "--city", view.focus]
    if view.rival:
        words += ["--versus", view.rival]
    return shlex.join([*words, "--lang", view.language.code])
