"""From INSEE's units to stations: who lives where, by addresses, and the variables that come of it."""
