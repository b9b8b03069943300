"""Texts of one format each: read as data, changed by local edits."""
