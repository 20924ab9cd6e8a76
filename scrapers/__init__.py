"""How to speak to a kind of source. Knows no city and no indicator, and imports no other room."""
