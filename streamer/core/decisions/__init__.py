"""The crew's decisions, one module a decision."""
