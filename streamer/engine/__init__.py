"""The engine: keeps what is equal to what should be, and tells everybody.

It knows the world only through the Protocols of :mod:`streamer.core.ports`; APScheduler appears in one module.
"""
