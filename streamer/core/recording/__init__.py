"""A session's recording: states, keeps, bounds, gaps, files, report."""
