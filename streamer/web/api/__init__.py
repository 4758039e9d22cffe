"""The programming interface under /api, its OpenAPI document, and the control socket."""
