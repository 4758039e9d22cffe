"""The media that captures wrote: takes, segments, their place in wall time, and how they are joined."""
