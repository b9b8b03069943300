"""What must survive: attempts and deliveries, on disk."""
