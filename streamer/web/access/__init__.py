"""Who asks, and whether they may: tokens, roles, origins, attempts."""
