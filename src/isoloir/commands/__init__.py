"""What a command does between the database and the pure functions: read, call, write."""
