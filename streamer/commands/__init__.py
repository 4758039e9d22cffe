"""The commands of ``streamer``, one module a noun. Thin: read the options, call the parts, print what came out."""
