-- MLflow has tables of the same names as Dagster: a database of its own.
CREATE DATABASE mlflow;
