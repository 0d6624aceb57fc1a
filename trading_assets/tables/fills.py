"""`fills`: every execution, simulated or imported, that trades are made of."""

from trading_assets.tables.contract import Column, Contract

CONTRACT = Contract(
    name="fills",
    grain="one execution",
    ready="with trades of the session",
    readers="trades, explain, trade_reconciliation",
    key=("fill_id",),
    columns=(
        Column("date", "date", "Session, and the partition.", "ISO date"),
        Column(
            "fill_id", "text", "The trade_id and role where simulated, else first 16 hex of SHA-256 with the execution."
        ),
        Column("trade_id", "text", "Round trip it belongs to."),
        Column("time", "time", "observed_at of the snapshot it filled on, or the broker's time.", "UTC"),
        Column("side", "text", "Bought or sold.", choices=("BUY", "SELL")),
        Column("role", "text", "Opening or closing.", choices=("entry", "exit")),
        Column("price", "number", "Price, slippage included; intrinsic value at expiry.", "₹", low=0.0),
        Column("quantity", "integer", "Executed.", "units", low=1),
        Column("basis", "text", "What the price is made of: ask, bid, stop, target, intrinsic or broker."),
        Column("source", "text", "simulated, or the broker."),
        Column("snapshot_id", "text", "Snapshot it filled on.", nullable=True),
    ),
)
