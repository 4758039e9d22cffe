"""Puts the engine together: the reconciler, its loops and bells, and the service that web and commands call."""
