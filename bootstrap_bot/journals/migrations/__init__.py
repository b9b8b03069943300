"""What brings an earlier version's state file up to date, one numbered step after the other."""
