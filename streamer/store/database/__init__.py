"""The SQL database: tables, rows, reading, writing, schema version."""
