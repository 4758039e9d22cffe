"""The values that survive a restart: the batch of a turn, the journal, tokens."""
