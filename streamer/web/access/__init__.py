"""Authentication and authorisation: tokens, roles, hosts, origins, attempts, and the log of them."""
