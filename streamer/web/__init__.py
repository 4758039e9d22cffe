"""HTTP, Socket.IO and pages: parse what comes in, ask the service, render what it says.

Nothing is decided here and nothing is remembered but connections. aiohttp's server and python-socketio live only on
this floor; it knows core and the engine's service, nothing else.
"""
