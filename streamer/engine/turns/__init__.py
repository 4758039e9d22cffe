"""Turns: what causes them, what one does, and the loops and bells that bring them."""
