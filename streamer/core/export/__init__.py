"""The files that a recording is exported to: their names, their metadata, the index of an MP4, the playlist."""
