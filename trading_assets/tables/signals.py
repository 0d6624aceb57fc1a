"""`signals`: what the strategies said, before any model: one row per signal leg."""

from trading_assets.tables.contract import Column, Contract

COLUMNS = (
    Column("date", "date", "Session, and the partition.", "ISO date"),
    Column("signal_id", "text", "First 16 hex of SHA-256 over what the signal is; no price, clock or parameter."),
    Column("content_hash", "text", "First 16 hex of SHA-256 over entry price, confidence and levels, on their steps."),
    Column("strategy_id", "text", "Strategy that fired."),
    Column("parameter_hash", "text", "First 12 hex of SHA-256 over the strategy's parameters."),
    Column("underlying", "text", "Index the option is on."),
    Column("timestamp", "time", "observed_at of the snapshot that fired it.", "UTC"),
    Column("available_at", "time", "When that snapshot could be used: the decision time.", "UTC"),
    Column("snapshot_id", "text", "Snapshot that fired it."),
    Column("symbol", "text", "Contract in words: underlying, expiry, strike, CE or PE."),
    Column("expiry", "date", "Expiry of the option.", "ISO date"),
    Column("strike", "number", "Strike.", "index points", low=0.05),
    Column("option_type", "text", "Call or put.", choices=("CE", "PE")),
    Column("side", "text", "Whether to buy or to sell it.", choices=("BUY", "SELL")),
    Column("leg", "integer", "Number of the leg within the signal's position.", low=1, high=8),
    Column("confidence", "number", "The strategy's own, 0 to 1.", "", low=0.0, high=1.0),
    Column("entry_price", "number", "Ask for a buy, bid for a sell, at decision time.", "₹", low=0.05),
    Column("entry_price_estimated", "flag", "True when the quote was missing and the price is mid plus one tick."),
    Column(
        "stop_fraction", "number", "Loss of the entry price that closes it.", "of entry price", nullable=True, low=0.0
    ),
    Column("target_fraction", "number", "Gain that closes it.", "of entry price", nullable=True, low=0.0),
    Column("time_stop_minutes", "number", "Longest holding time.", "minutes", nullable=True, low=0.0),
    Column(
        "stop_spot",
        "number",
        "Index level that closes it: at or below for a bought call or sold put, at or above for the others.",
        "index points",
        nullable=True,
        low=0.05,
    ),
    Column(
        "target_spot",
        "number",
        "Index level that closes it: at or above for a bought call or sold put, at or below for the others.",
        "index points",
        nullable=True,
        low=0.05,
    ),
    Column("stop_vix", "number", "India VIX above which it is closed.", "percent a year", nullable=True, low=0.01),
    Column(
        "exit_at",
        "time",
        "When the strategy's rule first says out, known only from then on; in no hash. NULL where it never did.",
        "UTC",
        nullable=True,
    ),
    Column("market_conditions", "json", "spot, forward, pcr, atm_iv and days to expiry at decision time, JSON."),
)

CONTRACT = Contract(
    name="signals",
    grain="one leg of one signal of one strategy",
    ready="when the session's market_snapshots are",
    readers="scored_signals, the regression suite, strategy_performance",
    key=("signal_id",),
    columns=COLUMNS,
)
