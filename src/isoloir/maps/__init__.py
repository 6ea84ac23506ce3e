"""Layers, classes and tiles for the map."""
