"""A session's recording: states, keeps, bounds, gaps, report."""
