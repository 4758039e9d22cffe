"""The target of a command: the running service, or the data folder of a stopped one."""
