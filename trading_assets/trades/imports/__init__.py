"""ONE PLACE FOR A BROKER IMPORT: one file = one format of executions."""
