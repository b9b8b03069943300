"""What is well and what needs a hand, found out without disturbing anything."""
