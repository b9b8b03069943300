"""What the owner set: file and environment, read and judged."""
