"""`executions`: what a broker executed, as imported; the original row is kept."""

from trading_assets.tables.contract import Column, Contract
from trading_assets.tables.trades import CHARGE_COMPONENTS

CONTRACT = Contract(
    name="executions",
    grain="one execution a broker reports",
    ready="when `import-trades` has run",
    readers="trades, fills",
    key=("execution_id",),
    columns=(
        Column("date", "date", "Session it was executed on, and the partition.", "ISO date"),
        Column("execution_id", "text", "First 16 hex of SHA-256 over broker, account, exchange, trade and date."),
        Column("broker", "text", "Broker it was imported from."),
        Column("account", "text", "Account at the broker; `default` when none was named."),
        Column("exchange", "text", "Exchange it was executed on.", choices=("NSE", "BSE")),
        Column("broker_trade_id", "text", "The broker's or exchange's number of the execution."),
        Column("order_id", "text", "Order it is part of; the execution's own number when the export names none."),
        Column("time", "time", "When it was executed; the session's close when the export has no time.", "UTC"),
        Column("time_known", "flag", "Whether the export states the time."),
        Column("symbol", "text", "Symbol as the broker writes it."),
        Column("underlying", "text", "Index the option is on."),
        Column("expiry", "date", "Expiry of the option.", "ISO date"),
        Column("strike", "number", "Strike.", "index points", low=0.05),
        Column("option_type", "text", "Call or put.", choices=("CE", "PE")),
        Column("side", "text", "Bought or sold.", choices=("BUY", "SELL")),
        Column("quantity", "integer", "Executed.", "units", low=1),
        Column("price", "number", "Price.", "₹", low=0.0),
        *(
            Column(
                name, "money", f"{name} as the broker states it; NULL when it does not.", "₹", nullable=True, low=0.0
            )
            for name in CHARGE_COMPONENTS
        ),
        Column("tag", "text", "signal_id or strategy the order was tagged with.", nullable=True),
        Column("original", "json", "Row as it was read, JSON object."),
    ),
)
