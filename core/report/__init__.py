"""Charts and the yearly report: what an index says, for people who look rather than read."""
