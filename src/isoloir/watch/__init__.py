"""Watched sites: audits on a schedule, their history, and a page that can be shared."""
