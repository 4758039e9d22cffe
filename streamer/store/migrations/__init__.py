"""Migrations of the database: alembic's scripts, part of the package.

To add one, change ``tables``, write ``versions/vNNNN_what.py`` by hand like the last one, and set
``schema_version.HEAD``. A script never imports ``tables``, because it must do the same in a year. A test compares both.
"""
