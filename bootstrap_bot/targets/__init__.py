"""Where the credentials go: one file a kind of place."""
