"""One place for a rule: a measure with limits, in the file of the table it guards."""
