"""The real bot between the stand-ins."""
