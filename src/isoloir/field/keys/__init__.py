"""The keys of the contact book, in a database of their own: a backup of the book opens nothing."""
