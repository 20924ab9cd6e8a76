"""How fast the parts are and how well they read, beside something bare in the same run."""
