"""One module for each change of the schema, in order; a released one is never edited."""
