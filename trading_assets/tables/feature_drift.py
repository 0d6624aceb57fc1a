"""`feature_drift`: the newest five sessions of each feature against those before, with limits from its own history."""

from trading_assets.tables.contract import Column, Contract

CONTRACT = Contract(
    name="feature_drift",
    grain="one feature of the models",
    ready="every Saturday, and whenever it is asked for",
    readers="whoever decides when a model is trained again",
    key=("feature",),
    partitioned=False,
    columns=(
        Column("feature", "text", "Name of the feature in features_snapshot."),
        Column("window_first", "date", "First session of the window.", "ISO date"),
        Column("window_last", "date", "Last session of the window.", "ISO date"),
        Column("window_sessions", "integer", "Sessions in the window, 5 once there are as many.", low=1),
        Column("reference_first", "date", "First session compared with.", "ISO date", nullable=True),
        Column("reference_last", "date", "Last session compared with.", "ISO date", nullable=True),
        Column("reference_sessions", "integer", "Sessions compared with, 250 at most.", low=0),
        Column("values", "integer", "Signals in the window.", low=0),
        Column("reference_values", "integer", "Signals compared with.", low=0),
        Column("missing_share", "number", "Share of the window without a value.", "", nullable=True, low=0.0, high=1.0),
        Column(
            "reference_missing_share", "number", "The same before the window.", "", nullable=True, low=0.0, high=1.0
        ),
        Column(
            "psi", "number", "Population stability index; missing is a bin of its own.", "nats", nullable=True, low=0.0
        ),
        Column("jensen_shannon", "number", "Jensen-Shannon divergence.", "bits", nullable=True, low=0.0, high=1.0),
        Column("wasserstein", "number", "Wasserstein distance.", "standard deviations", nullable=True, low=0.0),
        Column("kolmogorov_smirnov", "number", "Largest gap of distributions.", "", nullable=True, low=0.0, high=1.0),
        Column("warning_limit", "number", "psi above it is a warning.", "nats", nullable=True, low=0.1),
        Column("critical_limit", "number", "psi above it is critical.", "nats", nullable=True, low=0.25),
        Column("status", "text", "psi against its limits.", choices=("ok", "info", "warning", "critical")),
        Column("reason", "text", "Why it is not judged.", nullable=True),
    ),
)
