"""streamer: the service that runs a hybrid conference's video."""

__version__ = "0.1.0"
