"""The one read model of the database: what the faces show, they ask here."""
