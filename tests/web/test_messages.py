"""Every sentence is there in both languages, and none that no page says."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

from cityflux.core.model.nouns import Frequency
from cityflux.core.web.messages import MESSAGES
from tests.web.site import ROOT

WEB = Path(ROOT) / "core" / "web"
#: Words that are put together: a kind and what the database says.
KINDS = ("frequency", "access", "outcome", "alarm")
#: Words that the database says by itself.
WORDS = ("provisional", "imputed", "treated")


def _texts(pattern: str) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(WEB.rglob(pattern)))


def test_what_the_templates_say_is_there() -> None:
    said = set(re.findall(r'\bt\("(\w+)"[,)]', _texts("*.html")))
    said |= set(re.findall(r"\bt\('(\w+)'[,)]", _texts("*.html")))
    assert len(said) > 100
    assert said - set(MESSAGES) == set()
    assert {f"frequency_{word}" for word in get_args(Frequency)} <= set(MESSAGES)


def test_no_sentence_is_there_in_vain() -> None:
    written = _texts("*.html") + "".join(
        path.read_text("utf-8") for path in WEB.glob("*.py") if path.name != "messages.py"
    )
    built = [key for key in MESSAGES if key in WORDS or key.partition("_")[0] in KINDS]
    vain = [key for key in MESSAGES if not re.search(rf"[\"']{key}[\"']", written)]
    assert set(vain) - set(built) == set()


def test_both_languages_name_the_same_things() -> None:
    for key, texts in MESSAGES.items():
        chinese, english = (
            {name for _, name, _, _ in Formatter().parse(text) if name} for text in texts
        )
        assert chinese == english, key
        assert all(texts), key
