"""What the monitor measures of a room's sound and picture, and what follows from it; values and pure functions."""
