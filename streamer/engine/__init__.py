"""The engine: brings the actual state in line with the plan, and announces changes.

It reaches the outside only through Protocols; only one module uses APScheduler.
"""
