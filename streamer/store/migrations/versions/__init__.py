"""One module a change of the schema, in order; what was released is never edited."""
