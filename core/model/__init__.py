"""The nouns of cityflux, and what is said about them in one place. Imports no other room."""
