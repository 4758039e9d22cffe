"""``streamer session``."""
