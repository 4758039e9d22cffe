"""The commands of ``streamer``, one module per noun. They read options, call the parts and print the result."""
