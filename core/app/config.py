"""The configuration: every key of config.toml, with its default.

A key that does not exist is refused, so that a slip of the pen never goes unnoticed. Paths are
relative to the file that names them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from cityflux.core.model.errors import ConfigError
from cityflux.core.model.sections import Politeness, Quality, Section, validated
from cityflux.core.model.toml import read_checked
from cityflux.storage.access import Access

DEFAULT_FILE = Path("config.toml")
#: TOML has no null: an empty name stands for no file.
FileOrNone = Annotated[
    Path | None,
    BeforeValidator(lambda value: None if value == "" else value),
    PlainSerializer(lambda path: "" if path is None else str(path)),
]


class Database(Section):
    """Where the figures are."""

    path: Path = Path("data/cityflux.db")


class Files(Section):
    """Who may read and write the database, what stands beside it, the copies and the log."""

    mode: Annotated[str, Field(pattern="^(0?[67][0-7][0145])?$")] = ""
    group: str = ""

    @property
    def access(self) -> Access:
        """The same as `storage.access` takes it."""
        return Access(int(self.mode, 8) if self.mode else None, self.group)


class Plugins(Section):
    """Which plugins are loaded besides the built-in and the installed ones."""

    dirs: list[Path] = Field(default=[Path("my_plugins")])
    disabled: list[str] = Field(default_factory=list)


class Indices(Section):
    """Which indices there are, which is meant when none is named, and which `run` prints beside."""

    default: str = "flow_index"
    beside: list[str] = Field(default=["main_cities_index"])
    files: list[Path] = Field(default_factory=list)


class Refresh(Section):
    """How sources are fetched."""

    threads: int = Field(default=8, ge=1, le=64)
    processes: int = Field(default=8, ge=1, le=64)
    time_limit: float = Field(default=300.0, gt=0)


class Daemon(Section):
    """How `cityflux run` stays up."""

    timezone: str = "UTC"
    poll: float = Field(default=0.05, gt=0, le=60)
    gather: float = Field(default=0.002, ge=0, le=60)
    grace: float = Field(default=30.0, ge=0)
    port: int = Field(default=0, ge=0, le=65535)
    names: list[str] = Field(default_factory=list)


class Log(Section):
    """How the daemon writes its log."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"
    file: FileOrNone = None
    max_megabytes: int = Field(default=10, ge=1)
    keep: int = Field(default=5, ge=1)


class Housekeeping(Section):
    """How long what no figure rests on is kept."""

    keep_snapshots_days: int = Field(default=400, ge=1)
    keep_fetches_days: int = Field(default=400, ge=1)


class Backup(Section):
    """Copies of the database that the daemon makes."""

    schedule: str = ""
    folder: Path = Path("backups")
    keep: int = Field(default=7, ge=1)


class Audit(Section):
    """How sure the ranks are: kept fresh by the daemon after it recomputed an index."""

    draws: int = Field(default=0, ge=0)


class Report(Section):
    """Reports: kept fresh by the daemon after it recomputed, and audited, an index."""

    indices: list[str] = Field(default_factory=list)
    folder: Path = Path("reports")
    language: Literal["zh", "en"] = "zh"
    form: Literal["html", "pdf", "md"] = "html"


class Webhook(Section):
    """Who is told of failures, recoveries and changes of rank."""

    variable: str = "CITYFLUX_WEBHOOK"
    form: Literal["text", "feishu", "dingtalk"] = "text"
    timeout: float = Field(default=10.0, gt=0)

    def address(self) -> str:
        """Where messages go, from the environment; empty for nowhere.

        Raises:
            ConfigError: the environment variable holds something else than an address.
        """
        address = os.environ.get(self.variable, "").strip()
        if address and not address.startswith(("http://", "https://")):
            raise ConfigError(
                f"webhook.variable: {self.variable} holds no address that begins with https://"
            )
        return address


class Config(Section):
    """The whole of config.toml; ``secrets`` names environment variables, never values."""

    database: Database = Database()
    files: Files = Files()
    plugins: Plugins = Plugins()
    indices: Indices = Indices()
    refresh: Refresh = Refresh()
    daemon: Daemon = Daemon()
    schedule: dict[str, str] = Field(default_factory=dict)
    log: Log = Log()
    webhook: Webhook = Webhook()
    housekeeping: Housekeeping = Housekeeping()
    backup: Backup = Backup()
    audit: Audit = Audit()
    report: Report = Report()
    quality: Quality = Quality()
    client: Politeness = Politeness()
    secrets: dict[str, str] = Field(
        default={
            "baidu_cookie": "CITYFLUX_BAIDU_COOKIE",
            "baidu_cipher_text": "CITYFLUX_BAIDU_CIPHER_TEXT",
        }
    )

    @property
    def secret_variables(self) -> tuple[str, ...]:
        """The environment variables that hold secrets."""
        return (*self.secrets.values(), self.webhook.variable)

    def resolve(self, folder: Path) -> Config:
        """The same configuration with every path relative to ``folder`` made absolute."""
        return self.model_copy(
            update={
                "database": Database(path=folder / self.database.path),
                "plugins": self.plugins.model_copy(
                    update={"dirs": [folder / path for path in self.plugins.dirs]}
                ),
                "indices": self.indices.model_copy(
                    update={"files": [folder / path for path in self.indices.files]}
                ),
                "log": self.log.model_copy(
                    update={"file": self.log.file and folder / self.log.file}
                ),
                "backup": self.backup.model_copy(update={"folder": folder / self.backup.folder}),
                "report": self.report.model_copy(update={"folder": folder / self.report.folder}),
            }
        )


def load_config(path: Path | None = None) -> Config:
    """Read the configuration.

    Args:
        path: a TOML file; without one ``config.toml`` in the current folder is read where it
            exists, and the defaults hold where it does not.

    Raises:
        ConfigError: the file cannot be read, or says something that has no meaning.
    """
    file = path or DEFAULT_FILE
    if path is None and not file.exists():
        return Config().resolve(Path.cwd())
    values = read_checked(file, ConfigError)
    return validated(Config, values, str(file)).resolve(file.resolve().parent)
