"""The model, the hooks, the refresh, the engine, the daemon, the report and the command line."""
