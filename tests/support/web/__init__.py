"""A web server over a service that is held in memory, and browsers that look at its pages."""
