"""What a command acts on: the running service, or the data folder of a stopped one."""
