"""The law: dated rules with their sources, and one pure function that decides."""
