"""The field: campaigns, contacts and their consents, canvassing. Every operation on a person passes the law first."""
