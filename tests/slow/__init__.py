"""Kills, random input, browsers: more than the quick run allows."""
