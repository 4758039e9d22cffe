"""What survives a restart, as values: the batch of a turn, the journal, tokens."""
