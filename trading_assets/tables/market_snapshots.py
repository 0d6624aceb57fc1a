"""`market_snapshots`: one row per option leg of every accepted option-chain snapshot of a session."""

from trading_assets.tables.contract import Column, Contract

CONTRACT = Contract(
    name="market_snapshots",
    grain="one option leg (underlying, expiry, strike, CE or PE) at one observed_at",
    ready="when the session's captures have landed; again when more land",
    readers="signals, scored_signals, trades, feed_health, the tear sheet",
    key=("underlying", "observed_at", "expiry", "strike", "option_type"),
    columns=(
        Column("date", "date", "Session, and the partition.", "ISO date"),
        Column("underlying", "text", "Index the option is on."),
        Column("feed", "text", "Feed that recorded the snapshot."),
        Column("snapshot_id", "text", "First 16 hex of SHA-256 over feed, underlying, observed_at and content."),
        Column("capture_id", "text", "SHA-256 of the raw capture in the landing zone."),
        Column("observed_at", "time", "Exchange time of the snapshot; capture time where the feed has none.", "UTC"),
        Column("received_at", "time", "When the recorder had it.", "UTC"),
        Column("available_at", "time", "When a decision could have used it: max of observed and received.", "UTC"),
        Column("spot", "number", "Index level.", "index points", low=0.05),
        Column("spot_source", "text", "Where spot is from: `feed`, a side feed by name, or `parity`, a repair."),
        Column("forward", "number", "Put-call-parity forward of this expiry.", "index points", nullable=True, low=0.05),
        Column("india_vix", "number", "India VIX as of observed_at.", "percent a year", nullable=True, low=0.0),
        Column("vix_source", "text", "Where india_vix is from: `feed`, or a side feed by name.", nullable=True),
        Column("expiry", "date", "Expiry of the option.", "ISO date"),
        Column("strike", "number", "Strike.", "index points", low=0.05),
        Column("option_type", "text", "Call or put.", choices=("CE", "PE")),
        Column(
            "last_price", "number", "Last traded price; missing when it has not traded.", "₹", nullable=True, low=0.0
        ),
        Column("bid", "number", "Best bid; missing when there is none.", "₹", nullable=True, low=0.0),
        Column("ask", "number", "Best ask; missing when there is none.", "₹", nullable=True, low=0.0),
        Column("bid_quantity", "number", "Quantity at the best bid.", "units", nullable=True, low=0.0),
        Column("ask_quantity", "number", "Quantity at the best ask.", "units", nullable=True, low=0.0),
        Column("volume_units", "number", "Traded since the open.", "units", nullable=True, low=0.0),
        Column("open_interest_lots", "number", "Open interest.", "lots", nullable=True, low=0.0),
        Column("open_interest_units", "number", "Open interest.", "units", nullable=True, low=0.0),
        Column(
            "previous_open_interest_units",
            "number",
            "Open interest at the close of the session before, where the feed says it.",
            "units",
            nullable=True,
        ),
        Column(
            "implied_vol",
            "number",
            "Black-76 of the OTM mid; missing outside bounds.",
            "percent a year",
            nullable=True,
            low=0.0,
        ),
        Column(
            "vendor_implied_vol",
            "number",
            "As the feed says; 0 there is missing here.",
            "percent a year",
            nullable=True,
        ),
        Column("lot_size", "integer", "Lot of this expiry, effective on this session.", "units", low=1),
    ),
)
