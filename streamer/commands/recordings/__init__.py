"""``streamer recordings``."""
