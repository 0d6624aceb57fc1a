"""`trade_reconciliation`: simulated trades against the broker's, one to one, and where the money differs."""

from trading_assets.tables.contract import Column, Contract

STATUSES = ("matched", "simulated_only", "actual_only")
#: Parts the difference of net P&L is split into; they add up to it.
PARTS = (
    "entry_difference",
    "exit_difference",
    "quantity_difference",
    "timing_difference",
    "charges_difference",
    "unexplained",
)

CONTRACT = Contract(
    name="trade_reconciliation",
    grain="one pair of a simulated and an actual trade, or one that found no partner",
    ready="with trades of the session",
    readers="people, SQL",
    key=("reconciliation_id",),
    columns=(
        Column("date", "date", "Session of the exits, and the partition.", "ISO date"),
        Column("reconciliation_id", "text", "trade_id of the simulated trade, else of the actual one."),
        Column("status", "text", "Whether both sides are there.", choices=STATUSES),
        Column("matched_by", "text", "signal (the order's tag) or contract (and side and time).", nullable=True),
        Column("simulated_trade_id", "text", "Simulated trade.", nullable=True),
        Column("actual_trade_id", "text", "Trade imported from the broker.", nullable=True),
        Column("strategy_name", "text", "strategy_id of the simulated trade, else the tag of the actual one."),
        Column("net_difference", "money", "Actual net P&L minus simulated; the whole of a trade without partner.", "₹"),
        Column("entry_difference", "money", "Part from the entry price beside timing, at the simulated quantity.", "₹"),
        Column("exit_difference", "money", "Part from the exit price beside timing, at the simulated quantity.", "₹"),
        Column("quantity_difference", "money", "Part from the quantity, at the actual prices.", "₹"),
        Column("timing_difference", "money", "Part from what quotes moved between the times; 0 where not known.", "₹"),
        Column("charges_difference", "money", "Part from charges.", "₹"),
        Column("unexplained", "money", "What remains; the whole of a trade without partner.", "₹"),
        Column("entry_delay", "number", "Actual minus simulated entry time.", "s", nullable=True),
        Column("exit_delay", "number", "Actual minus simulated exit time.", "s", nullable=True),
    ),
)
