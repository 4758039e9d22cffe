"""The data folder: its mode, its lock, the file system below it."""
