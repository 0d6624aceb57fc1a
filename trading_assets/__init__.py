"""Data-asset pipeline for Indian index-options trading: checked snapshots, scored signals, trades, performance."""
