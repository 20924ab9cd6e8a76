"""How fast the parts are and how well they read, measured against something bare in the same run."""
