"""Used by every other package of core: ids, errors, durations, redaction, JSON values, paths in the data folder."""
