"""The canvass: turfs, visits that are counted and never about a person, and what the campaign sees of them."""
