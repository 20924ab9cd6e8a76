"""The pages in a browser: Datasette over the database, read-only, with pages of our own."""
