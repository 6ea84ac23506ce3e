"""The book as JSON, for programs that a campaign trusts: the same rules, the same log, one shape of errors."""
