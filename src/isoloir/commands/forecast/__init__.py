"""`isoloir forecast`: an election that has not been held, station by station."""
