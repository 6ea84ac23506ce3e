"""Rights of people, and what a campaign writes down about itself."""
