"""Conference days on fake time: the real engine over a world that is computed from the clock."""
