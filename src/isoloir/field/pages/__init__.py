"""The pages of the field for those who work there; one module a subject."""
