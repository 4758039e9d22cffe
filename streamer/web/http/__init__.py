"""HTTP as this server speaks it: bodies, answers, problems, files, listening."""
