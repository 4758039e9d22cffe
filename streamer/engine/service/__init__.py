"""The service that web and commands call: status, decisions, recordings, versions, tokens."""
