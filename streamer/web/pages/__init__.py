"""The pages and signing in."""
