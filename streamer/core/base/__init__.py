"""What every other package of core uses: ids, errors, durations, redaction, JSON values, paths in the data folder."""
