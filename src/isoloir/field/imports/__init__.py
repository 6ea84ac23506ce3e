"""Imports: a foreign file becomes contacts by preview, in a batch that can be undone; each column and row says why."""
