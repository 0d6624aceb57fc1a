"""`trades`: round trips with their charges to the paisa and what the model saw when they were decided."""

from trading_assets.tables.contract import Column, Contract
from trading_assets.tables.scored_signals import MODEL_COLUMNS

CHARGE_COMPONENTS = ("brokerage", "stt", "exchange_txn", "ipft", "sebi_fee", "stamp_duty", "gst")
#: `source` of our own trades; every other one is the broker a trade was imported from.
SIMULATED = "simulated"
TRADE_SOURCES = (SIMULATED, "imported")
#: A column of every rollup.
TRADE_SOURCE = Column(
    "trade_source",
    "text",
    "Trades it counts, one answer for the whole home; NULL in rows older than this column.",
    nullable=True,
    choices=TRADE_SOURCES,
)
EXIT_REASONS = (
    "target",
    "target_spot",
    "stop",
    "stop_spot",
    "stop_vix",
    "trailing",
    "time",
    "square_off",
    "expiry",
    "data_gap",
    "signal",
    "broker",
)

_CHARGES = tuple(
    Column(name, "money", meaning, "₹", low=0.0)
    for name, meaning in zip(
        CHARGE_COMPONENTS,
        (
            "Broker's fee.",
            "Securities transaction tax.",
            "Exchange transaction charge.",
            "Investor protection fund.",
            "SEBI turnover fee.",
            "Stamp duty.",
            "Goods and services tax on fees.",
        ),
        strict=True,
    )
)

CONTRACT = Contract(
    name="trades",
    grain="one round trip of one option contract",
    ready="when the session's scored_signals are",
    readers="daily_performance, strategy_performance, model_performance, reconciliation, explain, SQL",
    key=("trade_id",),
    columns=(
        Column("date", "date", "Session of the exit, and the partition.", "ISO date"),
        Column("trade_id", "text", "TRADE_ and the first 16 hex of SHA-256 over signal and source."),
        Column("symbol", "text", "Contract in words: underlying, expiry, strike, CE or PE."),
        Column("underlying", "text", "Index the option is on."),
        Column("exchange", "text", "Exchange it traded on.", choices=("NSE", "BSE")),
        Column("expiry", "date", "Expiry of the option.", "ISO date"),
        Column("strike", "number", "Strike.", "index points", low=0.05),
        Column("option_type", "text", "Call or put.", choices=("CE", "PE")),
        Column("strategy_name", "text", "strategy_id of the signal, or the tag of the import."),
        Column("side", "text", "Side that opened it.", choices=("BUY", "SELL")),
        Column("entry_time", "time", "Fill time of the entry.", "UTC"),
        Column("exit_time", "time", "Fill time of the exit.", "UTC"),
        Column("entry_price", "number", "Average entry price.", "₹", low=0.0),
        Column("exit_price", "number", "Average exit price.", "₹", low=0.0),
        Column("stop_price", "number", "Stop in force at entry.", "₹", nullable=True, low=0.0),
        Column("target_price", "number", "Target in force at entry.", "₹", nullable=True, low=0.0),
        Column("trailing_distance", "number", "Trailing stop: below the best mark.", "₹", nullable=True, low=0.0),
        Column("quantity", "integer", "Bought and sold.", "units", low=1),
        Column("lots", "integer", "quantity over lot_size.", "lots", low=1),
        Column("lot_size", "integer", "Lot of this expiry.", "units", low=1),
        Column("gross_pnl", "money", "Price P&L before charges.", "₹"),
        Column("charges", "money", "Sum of the components.", "₹", low=0.0),
        *_CHARGES,
        Column("charges_version", "text", "First 12 hex of SHA-256 over the charge table used."),
        Column("charges_estimated", "flag", "True when computed by us, not stated by the broker."),
        Column("net_pnl", "money", "gross_pnl minus charges.", "₹"),
        Column("is_winning_trade", "flag", "net_pnl above 0."),
        Column("exit_reason", "text", "Why it was closed.", choices=EXIT_REASONS),
        Column("mae", "money", "Worst open P&L on bid or ask marks while held.", "₹", nullable=True),
        Column("mfe", "money", "Best open P&L on bid or ask marks while held.", "₹", nullable=True),
        Column("mark_count", "integer", "Snapshots the open position was marked on.", low=0),
        Column(
            "initial_risk", "money", "Entry to stop times quantity, or the premium paid.", "₹", nullable=True, low=0.0
        ),
        Column(
            "desk_limits",
            "json",
            "Sizing and limits of the settings it was traded under: JSON object; NULL when imported.",
            nullable=True,
        ),
        Column("signal_id", "text", "Signal it came from.", nullable=True),
        Column("signal_strength", "number", "The strategy's confidence.", "", nullable=True, low=0.0, high=1.0),
        *MODEL_COLUMNS,
        Column("source", "text", "simulated, or the broker it was imported from."),
    ),
)
