"""Exports: only whom one may write to on that channel today, logged, and above a number only with a second person."""
