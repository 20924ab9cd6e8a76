"""What a command or the daemon is made of: configuration, session, timetable, the one job."""
