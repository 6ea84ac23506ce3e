"""The browser: the only room that touches it. A visit is a fresh context that becomes a `Visit` of plain data."""
