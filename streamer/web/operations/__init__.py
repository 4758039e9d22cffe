"""The operations of the programming interface: each is declared once; its route and its description follow from that.

A declaration says method, path, role, body, answer and problems. Nothing here knows what an operation does.
"""
