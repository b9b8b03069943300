"""Who creates the app: one file a platform."""
