"""Addresses, outlines, communes and constituencies."""
