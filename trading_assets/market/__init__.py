"""Facts of the market: calendar, lots, expiries, option chain, pricing, indicators."""
