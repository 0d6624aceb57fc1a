"""Model registry; the only code that imports mlflow."""
