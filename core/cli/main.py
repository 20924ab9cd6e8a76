"""``cityflux COMMAND``: the commands, found by name and imported when they are needed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityflux.core.cli.session import Session

if TYPE_CHECKING:
    from cityflux.core.plugin.record import PluginRecord

#: Each command and the module and name that hold it, in the order of the help.
COMMANDS = {
    "init": "cityflux.core.cli.init:init",
    "run": "cityflux.core.cli.run:run",
    "reload": "cityflux.core.cli.reload:reload",
    "refresh": "cityflux.core.cli.run:refresh",
    "compute": "cityflux.core.cli.compute:compute",
    "show": "cityflux.core.cli.show:show",
    "tree": "cityflux.core.cli.tree:tree",
    "ranking": "cityflux.core.cli.ranking:ranking",
    "strengths": "cityflux.core.cli.strengths:strengths",
    "weights": "cityflux.core.cli.weights:weights",
    "adjustments": "cityflux.core.cli.weights:adjustments",
    "notes": "cityflux.core.cli.notes:notes",
    "against": "cityflux.core.cli.against:against",
    "compare": "cityflux.core.cli.compare:compare",
    "analyse": "cityflux.core.cli.analyse:analyse",
    "trends": "cityflux.core.cli.trends:trends",
    "audit": "cityflux.core.cli.audit:audit",
    "delphi": "cityflux.core.cli.delphi:delphi",
    "whatif": "cityflux.core.cli.whatif:whatif",
    "scenarios": "cityflux.core.cli.scenarios:scenarios",
    "web": "cityflux.core.cli.web:web",
    "indicators": "cityflux.core.cli.indicators:indicators",
    "cities": "cityflux.core.cli.cities:cities",
    "sources": "cityflux.core.cli.sources:sources",
    "flows": "cityflux.core.cli.flows:flows",
    "report": "cityflux.core.cli.report:report",
    "plugins": "cityflux.core.cli.plugins:plugins",
    "status": "cityflux.core.cli.status:status",
    "add": "cityflux.core.cli.add:add",
    "import": "cityflux.core.cli.exchange:import_figures",
    "export": "cityflux.core.cli.exchange:export",
    "backup": "cityflux.core.cli.backup:backup",
    "doctor": "cityflux.core.cli.doctor:doctor",
}


class LazyGroup(click.Group):
    """A group whose built-in commands are imported one by one, and whose others come from plugins.

    ``cityflux --help`` reads no module but this one for the built-in commands.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The built-in commands, then those of the plugins."""
        return [*COMMANDS, *sorted(self._added(ctx))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if place := COMMANDS.get(cmd_name):
            module, _, name = place.partition(":")
            command = getattr(importlib.import_module(module), name)
            assert isinstance(command, click.Command)
            return command
        return self._added(ctx).get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called, or say which one was probably meant."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from cityflux.core.model.near import meant

            hint = meant(args[0], self.list_commands(ctx), "list them with: cityflux --help")
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from `SUMMARIES`, without importing them."""
        rows = [(name, SUMMARIES[name]) for name in COMMANDS]
        rows += [(name, found.get_short_help_str()) for name, found in self._added(ctx).items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _added(self, ctx: click.Context) -> dict[str, click.Command]:
        """The commands that plugins add through `register_commands`."""
        # The commands are asked for before the options of the group have made the session.
        config = ctx.params.get("config")
        session = ctx.find_object(Session) or Session(config)
        if not session.may_have_commands():
            return {}
        groups: list[tuple[PluginRecord, click.Group]] = []

        def group(record: PluginRecord) -> click.Group:
            groups.append((record, click.Group("plugins")))
            return groups[-1][1]

        session.plugins.ask("register_commands", group)
        for name, error in session.plugins.take_news():
            click.echo(f"failed: {name}: {error}", err=True)
        return {
            name: _of(record, command)
            for record, group in groups
            for name, command in group.commands.items()
            if isinstance(name, str) and isinstance(command, click.Command)
        }


def _of(record: PluginRecord, command: click.Command) -> click.Command:
    """A command of a plugin, whose mistakes name the plugin."""
    own = command.callback

    def callback(*arguments: Any, **options: Any) -> Any:
        from cityflux.core.model.errors import CityfluxError, PluginError
        from cityflux.core.plugin.aside import answering
        from cityflux.core.plugin.traces import one_line

        try:
            with answering():
                return own(*arguments, **options) if own else None
        except (click.ClickException, click.Abort, click.exceptions.Exit, CityfluxError):
            raise
        except Exception as error:
            raise PluginError(f"{record.name}: {one_line(error, record.homes)}") from error

    command.callback = callback
    return command


SUMMARIES = {
    "init": "Make a folder ready: settings, an index, a plugin and figures that work.",
    "run": "Refresh what is due, compute the indices and print the index.",
    "reload": "Let the daemon read configuration, plugins and indices anew.",
    "refresh": "Fetch the figures of some indicators, or of all.",
    "compute": "Compute an index, or all, from the stored figures.",
    "show": "Print an index with rank and coverage.",
    "tree": "Show what every node brings to the score, or to a lead.",
    "ranking": "Show figure and rank of every city, indicator by indicator.",
    "strengths": "Show where a city leads, and where it lags.",
    "weights": "Show the weights as written and as used.",
    "adjustments": "List the figures that the last run filled or moved.",
    "notes": "List what the last run says of its figures and scores.",
    "against": "Set another index beside an index, node by node.",
    "compare": "Say what changed between two runs of an index, and why.",
    "analyse": "Analyse an index: statistics, correlations, consistency, components, weights.",
    "trends": "Say how figures or scores developed, and whether the cities draw together.",
    "audit": "Say how sure each rank is, and what it hangs on.",
    "delphi": "Ask a panel of experts in rounds for the weights of an index.",
    "scenarios": "List the scenarios of an index, or set one beside it.",
    "whatif": "Set figures or weights and see the index move, or what a rank would take.",
    "web": "Show everything in a browser, read-only.",
    "indicators": "List the indicators, their sources and what is known.",
    "cities": "List the cities, and what is known of each.",
    "sources": "List the sources, and how their last fetch went.",
    "flows": "List the flows between cities.",
    "report": "Write the yearly report on an index: HTML, PDF or Markdown.",
    "plugins": "List, make and check plugins.",
    "status": "Say what is stored, what is late and what failed.",
    "add": "Add a city or an indicator, to local.meta.toml in the first plugin folder.",
    "import": "Take in the figures of FILE, a table as people have it, all or none.",
    "export": "Write figures or scores to a file.",
    "backup": "Copy the database while others write, and check the copy.",
    "doctor": "Look for what is wrong with the installation and the database.",
}


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: cityflux run --once --offline, then cityflux show flow_index --groups",
)
@click.option("--config", type=click.Path(path_type=Path), help="The configuration file.")
@click.option("--database", type=click.Path(path_type=Path), help="The database file.")
@click.option("--no-color", is_flag=True, help="Plain output (so does the variable NO_COLOR).")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="cityflux")
@click.pass_context
def cli(
    ctx: click.Context, config: Path | None, database: Path | None, no_color: bool, debug: bool
) -> None:
    """Live, traceable and defensible indices of the flow economy of cities (流量型经济)."""
    ctx.obj = Session(config, database)
    ctx.obj.color = not no_color


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 something failed and is named, 2 wrong usage."""
    argv = sys.argv[1:] if arguments is None else arguments
    try:
        code: Any = cli.main(args=argv, prog_name="cityflux", standalone_mode=False)
    except click.exceptions.Abort:
        _fail("stopped", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        if "--debug" in argv:
            _show(error)
        _fail(_line(error), 1)
    sys.exit(code if isinstance(code, int) else 0)


def _line(error: Exception) -> str:
    """One line for whoever reads it: our own errors say what to do, others how to see more."""
    import sqlite3

    from cityflux.core.model.errors import CityfluxError
    from cityflux.core.model.secrecy import redact
    from cityflux.storage.complaints import what_to_do

    text = " ".join(redact(str(error)).split())
    if isinstance(error, CityfluxError):
        return text
    if isinstance(error, sqlite3.Error):
        return what_to_do(text)
    return f"{type(error).__name__}: {text} (run again with --debug to see where)"


def _show(error: Exception) -> None:
    """The traceback, as Python shows it, without secrets."""
    import traceback

    from cityflux.core.model.secrecy import redact

    click.echo(redact("".join(traceback.format_exception(error))), err=True, nl=False)


def _fail(line: str, code: int) -> None:
    click.echo(f"Error: {line}", err=True)
    sys.exit(code)
