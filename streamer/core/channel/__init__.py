"""A room's channel as viewers see it: spans, numbers, playlists, ledger, slate."""
