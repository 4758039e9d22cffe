"""How an older database becomes a present one: alembic's scripts, part of the package.

A new one: change ``tables``, write ``versions/vNNNN_what.py`` by hand after the pattern of the last, set
``schema_version.HEAD``. A script never imports ``tables``: it has to do the same in a year. A test compares the two.
"""
