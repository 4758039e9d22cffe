"""``streamer run`` and ``streamer stop``."""
