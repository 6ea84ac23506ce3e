"""Election results by polling station."""
