"""A fictional country in the official layouts, with the truth planted in it."""
