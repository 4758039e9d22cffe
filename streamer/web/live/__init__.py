"""The rooms' channels for players."""
