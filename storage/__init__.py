"""The SQLite database, through sqlite-utils. Imports no other room."""
