"""Voter transitions: between two rounds of the database, or from anyone's margins."""
