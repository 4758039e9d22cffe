"""Authentication and authorisation: tokens, roles, origins, attempts."""
