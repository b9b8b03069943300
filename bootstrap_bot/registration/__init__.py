"""What is under way: attempts, from request to result."""
