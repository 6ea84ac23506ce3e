"""Small websites whose truth is known, served on loopback: what the audit is measured against."""
