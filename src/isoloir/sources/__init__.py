"""Official open data: for each source a `.toml` that describes it beside the strict reader that reads it."""
