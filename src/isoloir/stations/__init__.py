"""The joins: identity over time, outlines, census crosswalk, the database."""
