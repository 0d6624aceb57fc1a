"""The steps of one session: load, one core call, store. Plain functions, so that assets and commands share them."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import pandas as pd

from trading_assets.defs.imported_trades import ImportedTrades, source_counted
from trading_assets.defs.session_captures import candidates
from trading_assets.defs.side_levels import side_levels
from trading_assets.defs.snapshot_history import EarlierVolumes, previous_spots, usual_volumes
from trading_assets.defs.workspace import Workspace
from trading_assets.errors import CheckFailedError
from trading_assets.feeds.discovery import load_feeds
from trading_assets.feeds.normalise import Candidates
from trading_assets.market.option_chain import chains
from trading_assets.market.session_bars import chain_bars
from trading_assets.performance.equity import equity_curve
from trading_assets.performance.rollups import (
    OF_OUTCOMES,
    OF_SCORED,
    OF_TRADES,
    Funnel,
    daily_performance,
    strategy_performance,
)
from trading_assets.quality.facts import SnapshotFacts
from trading_assets.quality.quarantine import quarantine_unreadable
from trading_assets.quality.verdict import judge
from trading_assets.storage.kept_columns import read_kept
from trading_assets.storage.packing import Packed, Written, pack
from trading_assets.strategies.discovery import load_strategies
from trading_assets.tables import (
    daily_performance as daily_table,
)
from trading_assets.tables import (
    equity_curve as equity_table,
)
from trading_assets.tables import (
    fills as fills_table,
)
from trading_assets.tables import (
    market_snapshots as snapshots_table,
)
from trading_assets.tables import (
    quality_issues as issues_table,
)
from trading_assets.tables import (
    quarantined_rows as quarantine_table,
)
from trading_assets.tables import (
    scored_signals as scored_table,
)
from trading_assets.tables import (
    session_bars as bars_table,
)
from trading_assets.tables import (
    signal_outcomes as outcomes_table,
)
from trading_assets.tables import (
    strategy_performance as strategy_table,
)
from trading_assets.tables import (
    trades as trades_table,
)
from trading_assets.tables.contract import Contract
from trading_assets.tables.money import total
from trading_assets.trades.simulation import simulate_under
from trading_assets.trades.tape import COLUMNS as TAPE_COLUMNS

Numbers = dict[str, float | int | str]
#: whose cadence a session without any capture is judged by; nothing else of it is used
_FALLBACK_FEED = "simulated"


@dataclass
class StepReport:
    """What a step stored for one session: plain numbers per table for metadata and summaries, and content hashes."""

    tables: dict[str, Numbers] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)

    def add(self, contract: Contract, written: Written) -> None:
        """Note a stored table."""
        self.tables[contract.name] = {"rows": written.rows, "bytes": written.bytes}
        self.hashes[contract.name] = written.content_sha256


def store(workspace: Workspace, day: date, frames: Mapping[Contract, pd.DataFrame | Packed]) -> StepReport:
    """Store frames as the session's partitions; the order given is the order written."""
    report, tables = StepReport(), workspace.store
    for contract, frame in frames.items():
        report.add(contract, tables.put(frame) if isinstance(frame, Packed) else tables.write(contract, frame, day))
    return report


def market_step(workspace: Workspace, day: date, earlier: EarlierVolumes | None = None) -> StepReport:
    """Turn a session's captures into checked snapshots, quarantined rows and issues.

    A session without captures is judged too: its issue says so. What earlier sessions traded is read once a run.
    """
    side = side_levels(workspace, day)
    found = candidates(workspace, day, side.levels) or {
        _FALLBACK_FEED: Candidates(snapshots_table.CONTRACT.empty(), ())
    }
    verdicts = [
        judge(item.frame, snapshot_facts(workspace, day, name, earlier), workspace.settings.quality)
        for name, item in found.items()
    ]
    aside = [verdict.quarantined for verdict in verdicts]
    unusable = [*side.unusable, *(capture for item in found.values() for capture in item.unreadable)]
    aside.append(quarantine_unreadable(unusable))
    frames = {
        snapshots_table.CONTRACT: joined(snapshots_table.CONTRACT, [verdict.clean for verdict in verdicts]),
        quarantine_table.CONTRACT: joined(quarantine_table.CONTRACT, aside),
        issues_table.CONTRACT: joined(issues_table.CONTRACT, [verdict.issues for verdict in verdicts]),
    }
    session = None if workspace.market.closed_reason(day) else workspace.market.calendar.session(day)
    clean = frames[snapshots_table.CONTRACT]
    rows_in = sum(len(item.frame) for item in found.values()) + len(unusable)
    kept, out = len(clean), len(frames[quarantine_table.CONTRACT])
    if kept + out != rows_in:
        msg = f"{day}: {rows_in} rows came in, {kept} are clean and {out} quarantined: some are lost; report this."
        raise CheckFailedError(msg)
    with ThreadPoolExecutor(1) as beside:
        packing = beside.submit(pack, snapshots_table.CONTRACT, clean, day)
        built = {} if session is None else chains(clean, session)
        frames[bars_table.CONTRACT] = chain_bars(built)
        packed = {table: pack(table, frame, day) for table, frame in frames.items() if frame is not clean}
        snapshots = int(clean["snapshot_id"].nunique())
    report = store(workspace, day, {snapshots_table.CONTRACT: packing.result(), **packed})
    if session is not None:
        content = report.hashes[snapshots_table.CONTRACT.name]
        workspace.chains.keep(content, session, built)
        workspace.chains.keep_rows(content, clean)
    report.tables["market_snapshots"] |= {"snapshots": snapshots, "quarantined_rows": out}
    return report


def snapshot_facts(workspace: Workspace, day: date, feed: str, earlier: EarlierVolumes | None = None) -> SnapshotFacts:
    """Return what is known about a day before its snapshots of a feed are judged; a closed day has no session."""
    closed = workspace.market.closed_reason(day)
    return SnapshotFacts(
        day=day,
        session=None if closed else workspace.market.calendar.session(day),
        closed_reason=closed,
        cadence_seconds=load_feeds()[feed].cadence.total_seconds(),
        reference=workspace.market.reference,
        previous_spot=previous_spots(workspace, day),
        usual_volume=usual_volumes(workspace, day, workspace.landing.underlyings(day, feed), earlier),
    )


def joined(contract: Contract, frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate frames of one contract in key order, a single one as it is; an empty frame when there is none."""
    present = [frame for frame in frames if len(frame)]
    if not present:
        return contract.empty()
    if len(present) == 1:
        return contract.frame(present[0])  # the store orders what it writes
    whole = pd.concat(present, ignore_index=True)
    return contract.frame(whole.sort_values(list(contract.key), kind="stable", ignore_index=True))


def trades_step(workspace: Workspace, day: date) -> StepReport:
    """Trade a session's scored signals on its own later snapshots; trades imported from a broker join them."""
    return trading_step(workspace)(workspace, day)


def trading_step(workspace: Workspace) -> Callable[[Workspace, date], StepReport]:
    """Return `trades_step` for any number of sessions of a home: what was imported is matched once for all."""
    return partial(_traded, ImportedTrades(workspace))


def _traded(actual: ImportedTrades, workspace: Workspace, day: date) -> StepReport:
    session = workspace.market.calendar.session(day)
    simulation = simulate_under(
        workspace.store.read(scored_table.CONTRACT, [day]),
        workspace.chains.rows(workspace.store, session, TAPE_COLUMNS),
        session,
        workspace.trading_rules(),
    )
    trades = joined(trades_table.CONTRACT, [simulation.trades, actual.of(trades_table.CONTRACT, day)])
    report = store(
        workspace,
        day,
        {
            fills_table.CONTRACT: joined(
                fills_table.CONTRACT, [simulation.fills, actual.of(fills_table.CONTRACT, day)]
            ),
            outcomes_table.CONTRACT: simulation.outcomes,
            trades_table.CONTRACT: trades,
        },
    )
    report.tables["trades"]["net_pnl"] = total(trades["net_pnl"])
    return report


def daily_step(workspace: Workspace, day: date) -> StepReport:
    """Roll the trades of a session that count up into its one daily row."""
    session = workspace.market.calendar.session(day)
    trades = workspace.store.read(trades_table.CONTRACT, [day], OF_TRADES)
    row = daily_performance(trades, [session], source_counted(workspace))
    report = store(workspace, day, {daily_table.CONTRACT: row})
    numbers = {name: row[name].iloc[0] for name in ("total_trades", "net_pnl", "charges", "win_rate", "profit_factor")}
    report.tables["daily_performance"] |= {name: float(value) for name, value in numbers.items() if pd.notna(value)}
    return report


def strategy_step(workspace: Workspace, day: date) -> StepReport:
    """Roll a session's signals and the trades that count up into one row per strategy."""
    rows = strategy_performance(
        workspace.store.read(trades_table.CONTRACT, [day], OF_TRADES),
        Funnel(
            workspace.store.read(scored_table.CONTRACT, [day], OF_SCORED),
            workspace.store.read(outcomes_table.CONTRACT, [day], OF_OUTCOMES),
        ),
        workspace.market.calendar.session(day),
        sorted(load_strategies(workspace.strategy_sources())),
        source_counted(workspace),
    )
    return store(workspace, day, {strategy_table.CONTRACT: rows})


def equity_step(workspace: Workspace) -> tuple[StepReport, pd.DataFrame]:
    """Compute equity, drawdown and trailing ratios over every session there is."""
    curve = equity_curve(
        read_kept(workspace.store, daily_table.CONTRACT, ("date", "net_pnl", "trade_source")),
        read_kept(workspace.store, strategy_table.CONTRACT, ("date", "strategy_name", "total_pnl", "trade_source")),
        workspace.settings.trading,
        workspace.settings.performance,
    )
    report = StepReport()
    report.add(equity_table.CONTRACT, workspace.store.write(equity_table.CONTRACT, curve, None))
    return report, curve
