"""What the parts of cityflux cost, in seconds and megabytes: run them one by one."""
