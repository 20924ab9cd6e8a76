"""What a command or the daemon is made of: configuration, session, client, the one job."""
