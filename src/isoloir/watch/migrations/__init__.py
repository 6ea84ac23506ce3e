"""The migrations of the watched sites."""
