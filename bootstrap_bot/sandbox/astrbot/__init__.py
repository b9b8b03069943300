"""The stand-in for AstrBot."""
