"""Write `docs/reference/*.md` from the code, so that a page cannot say what the code does not do.

`make docs` runs it; a test compares what is committed with what it writes.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined, to_json

from trading_assets import errors
from trading_assets.defs.build import build_definitions
from trading_assets.defs.workspace import open_workspace
from trading_assets.feeds.discovery import load_feeds
from trading_assets.market.declared_features import FEATURES
from trading_assets.metrics import RETURN_METRICS, TRADE_METRICS
from trading_assets.quality.rulebook import rules
from trading_assets.settings import QualitySettings, Settings
from trading_assets.strategies.discovery import load_strategies
from trading_assets.tables.catalog import CONTRACTS
from trading_assets.tables.performance_views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import click
    import dagster as dg
    from pydantic.fields import FieldInfo

    from trading_assets.market.declared_features import Feature
    from trading_assets.tables.contract import Column

FOLDER = Path(__file__).parent / "reference"
Row = tuple[object, ...]


def table(head: Sequence[str], rows: Sequence[Row]) -> str:
    """Return a Markdown table; a bar inside a cell stays a bar."""
    lines = [head, ["---"] * len(head), *([_cell(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: object) -> str:
    return "" if value is None else " ".join(str(value).split()).replace("|", "\\|")


def _code(text: object) -> str:
    return f"`{text}`"


def page(title: str, intro: str, *parts: str) -> str:
    """Join a page; every page says that it is made."""
    return "\n\n".join((f"# {title}", intro, *parts)) + "\n"


def _bounds(column: Column) -> str:
    if column.choices:
        return ", ".join(map(_code, column.choices))
    low = "" if column.low is None else f"≥ {column.low:g}"
    high = "" if column.high is None else f"≤ {column.high:g}"
    return " and ".join(filter(None, (low, high)))


def tables() -> str:
    """The data dictionary: every table with its columns, units and bounds."""
    parts = []
    for contract in (*CONTRACTS, *(view.contract for view in VIEWS)):
        columns = table(
            ("Column", "Kind", "Unit", "Missing", "Bounds", "Meaning"),
            [
                (_code(c.name), c.kind, c.unit, "may be" if c.nullable else "never", _bounds(c), c.meaning)
                for c in contract.columns
            ],
        )
        parts.append(
            f"## {contract.name}\n\n{contract.grain[:1].upper()}{contract.grain[1:]}. Ready: {contract.ready}. "
            f"Read by: {contract.readers}. Key: {', '.join(map(_code, contract.key))}.\n\n{columns}"
        )
    return page(
        "Tables",
        "Every table of the pipeline, as parquet below the home folder and through `trading-assets sql`. "
        "`money` is ₹ with exactly two decimals; times are UTC, a `date` is a session in India.",
        *parts,
    )


def quality_rules() -> str:
    """Every rule with its limits by table."""
    parts = []
    defaults = QualitySettings()
    for contract in CONTRACTS:
        found = rules(contract.name)
        if found:
            rows = [
                (_code(r.name), r.category, r.per, *_limits(r.limits_in_force(defaults)), r.unit, r.meaning)
                for r in found
            ]
            head = ("Rule", "Category", "Per", "Info >", "Warning >", "Critical >", "Unit", "What is measured")
            parts.append(f"## {contract.name}\n\n{table(head, rows)}")
    return page(
        "Quality rules",
        "A rule measures; a value above a limit is a finding of that severity. Change a limit with "
        "`quality.limits.<rule>` in the settings; `trading-assets quality tune` says what another would have found.",
        *parts,
    )


def _limits(limits: object) -> tuple[object, ...]:
    return tuple(getattr(limits, name) for name in ("info", "warning", "critical"))


def settings() -> str:
    """Every setting with its variable, default and meaning."""
    rows = list(_settings(Settings, "TRADING_ASSETS_", ""))
    return page(
        "Settings",
        "Set a variable, or the key in `trading_assets.toml` beside where you start the command; the variable wins. "
        "Lists and tables are JSON in a variable.",
        table(("Variable", "Key", "Default", "Meaning"), rows),
    )


def _settings(model: type[BaseModel], variable: str, key: str) -> Iterator[Row]:
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from _settings(section, f"{variable}{name.upper()}__", f"{key}{name}.")
        else:
            yield _code(variable + name.upper()), _code(key + name), _default(field), _meaning(field)


def _meaning(field: FieldInfo) -> str:
    return field.description or f"{field.annotation.__name__ if isinstance(field.annotation, type) else ''}".strip()


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value is PydanticUndefined:
        return ""
    if isinstance(value, Enum | str | Path):
        return _code(value)
    return _code(to_json(value).decode())


def commands() -> str:
    """Every command with its arguments and options."""
    from trading_assets.cli.main import app

    root = typer.main.get_command(app)
    return page(
        "Commands",
        "`trading-assets COMMAND --help` says the same. Exit codes: 0 done, 1 a check failed or something is missing, "
        "2 the call is wrong, 3 an input or service is missing or does not match, 130 stopped by Ctrl-C.",
        *(part for command in _leaves(root, "trading-assets") for part in command),
    )


def _leaves(command: click.Command, path: str) -> Iterator[tuple[str, ...]]:
    children = getattr(command, "commands", {})
    own = [p for p in command.params if p.name not in {"help", "install_completion", "show_completion", "debug"}]
    if not children or own:
        rows = [(_code(_call_of(parameter)), getattr(parameter, "help", "")) for parameter in own]
        yield (
            f"## {path}",
            " ".join((command.help or "").split()),
            *([table(("Argument", "Meaning"), rows)] if rows else []),
        )
    for name, child in children.items():
        yield from _leaves(child, f"{path} {name}")


def _call_of(parameter: click.Parameter) -> str:
    options = [*parameter.opts, *parameter.secondary_opts]
    return " ".join(options) if parameter.param_type_name == "option" else str(parameter.name).upper()


def metrics() -> str:
    """Every metric with its definition, unit, columns and why it may be undefined."""
    head = ("Metric", "Definition", "Unit", "Columns", "Undefined when", "Shown from")
    parts = [
        f"## {title}\n\n"
        + table(
            head,
            [
                (
                    _code(m.name),
                    m.definition,
                    m.unit,
                    ", ".join(map(_code, m.fills)),
                    ", ".join(map(_code, m.reasons)),
                    f"{m.least} sessions" if m.least else "",
                )
                for m in found
            ],
        )
        for title, found in (("Of trades", TRADE_METRICS), ("Of daily returns", RETURN_METRICS))
    ]
    return page("Metrics", "An undefined metric is NULL, and its reason stands beside it: never 0, never ∞.", *parts)


def feeds() -> str:
    """Every feed with cadence, units and times."""
    rows = [
        (
            _code(feed.name),
            "live" if feed.live else "recorded",
            f"{feed.cadence.total_seconds():g} s",
            feed.open_interest_unit,
            feed.volume_unit,
            f"{feed.description} {feed.timestamps}",
        )
        for _, feed in sorted(load_feeds().items())
    ]
    return page(
        "Feeds",
        "What `ingest` and `collect` can read. Units are the feed's own; tables hold lots and units both.",
        table(("Feed", "Kind", "Cadence", "Open interest in", "Volume in", "What it is"), rows),
    )


def strategies() -> str:
    """Every strategy with its rule, window, exits and parameters."""
    parts = []
    for name, strategy in sorted(load_strategies().items()):
        parameters = [
            (_code(f.name), f"{getattr(strategy.parameters, f.name):g}", f.metadata["unit"], f.metadata["meaning"])
            for f in fields(strategy.parameters)
        ]
        window = " to ".join(strategy.window_ist)
        parts.append(
            f"## {name}\n\nVersion {strategy.version}, {strategy.family}; {window} IST, "
            f"{strategy.cooldown_minutes:g} minutes apart. {strategy.description}\n\n"
            + "".join(
                f"Stands in for the {asked}, which no feed records: {used}.\n\n"
                for asked, used in strategy.stand_ins.items()
            )
            + table(("Parameter", "Default", "Unit", "Meaning"), parameters)
        )
    return page(
        "Strategies",
        "Definitions for a demonstration, not advice. Override a parameter with `strategies.<strategy_id>.<parameter>` "
        "in the settings.",
        *parts,
    )


def features() -> str:
    """Every feature with its unit and how much of the past it needs."""
    rows = [(_code(one.name), one.unit, _warm_up(one)) for one in FEATURES]
    return page(
        "Features",
        "What rules and the model read of an option chain, and how much of the past each needs before it has a value. "
        "`trading-assets regression verify` proves that it is enough and that less would not do.",
        table(("Feature", "Unit", "Warm-up"), rows),
    )


def _warm_up(one: Feature) -> str:
    parts = [
        f"{one.minutes:g} minutes" if one.minutes else "",
        f"{one.bars} closed five-minute bars" if one.bars else "",
        "remembers all bars since the open" if one.recursive else "",
        "the session so far" if one.since_open == 0.0 else "",
        f"the session so far, from minute {one.since_open:g} on" if one.since_open else "",
        f"{one.sessions} earlier sessions" if one.sessions else "",
    ]
    return ", ".join(part for part in parts if part) or "one snapshot"


def assets() -> str:
    """Every asset with its checks, and every job, schedule and sensor."""
    with TemporaryDirectory() as home:
        definitions = build_definitions(open_workspace(Settings(home=Path(home))))
    graph = definitions.resolve_asset_graph()
    repository = definitions.get_repository_def()
    checks = sorted(graph.asset_check_keys)
    asset_rows = []
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        own = [_code(check.name) for check in checks if check.asset_key == key]
        parents = [_code(parent.to_user_string()) for parent in sorted(node.parent_keys)]
        kind = type(node.partitions_def).__name__.removesuffix("PartitionsDefinition") if node.partitions_def else ""
        partition = {"TimeWindow": "session", "Monthly": "month", "": "none"}[kind]
        asset_rows.append((_code(key.to_user_string()), node.group_name, partition, ", ".join(parents), ", ".join(own)))
    jobs = [
        (_code(job.name), job.description or "")
        for job in sorted(repository.get_all_jobs(), key=lambda job: job.name)
        if not job.name.startswith("__")
    ]
    schedules = [
        (_code(found.name), _cron(found), found.default_status.value.lower())
        for found in sorted(repository.schedule_defs, key=lambda found: found.name)
    ]
    sensors = [
        (_code(found.name), found.description or "", found.default_status.value.lower())
        for found in sorted(repository.sensor_defs, key=lambda found: found.name)
    ]
    return page(
        "Assets, checks, jobs",
        "What the Dagster pages show. A column's meaning stands in [Tables](tables.md).",
        "## Assets\n\n" + table(("Asset", "Group", "Partition", "Made from", "Checks"), asset_rows),
        "## Jobs\n\n" + table(("Job", "What it does"), jobs),
        "## Schedules\n\n" + table(("Schedule", "When", "At first"), schedules),
        "## Sensors\n\n" + table(("Sensor", "What it does", "At first"), sensors),
    )


def _cron(schedule: dg.ScheduleDefinition) -> str:
    crons = schedule.cron_schedule
    return f"{', '.join([crons] if isinstance(crons, str) else crons)} {schedule.execution_timezone}"


def error_index() -> str:
    """Every deliberate error with its exit code and meaning."""
    found = [errors.TradingAssetsError, *_below(errors.TradingAssetsError)]
    rows = [(_code(e.__name__), e.exit_code, (e.__doc__ or "").split("\n", 1)[0]) for e in found]
    return page(
        "Errors",
        "A message says what was found, where, what was expected and what to do next; `--debug` adds the traceback.",
        table(("Error", "Exit code", "Meaning"), rows),
    )


def _below(parent: type[errors.TradingAssetsError]) -> Iterator[type[errors.TradingAssetsError]]:
    for child in sorted(parent.__subclasses__(), key=lambda each: each.__name__):
        yield child
        yield from _below(child)


PAGES = {
    "tables.md": tables,
    "rules.md": quality_rules,
    "settings.md": settings,
    "commands.md": commands,
    "metrics.md": metrics,
    "feeds.md": feeds,
    "strategies.md": strategies,
    "features.md": features,
    "assets.md": assets,
    "errors.md": error_index,
}


def main() -> None:
    """Write every page; a page whose source is gone goes too."""
    FOLDER.mkdir(exist_ok=True)
    for stray in {path.name for path in FOLDER.glob("*.md")} - set(PAGES):
        (FOLDER / stray).unlink()
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
    sys.stdout.write(f"{len(PAGES)} pages in {FOLDER}\n")


if __name__ == "__main__":
    main()
