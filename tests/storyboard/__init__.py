"""The conversation as a document, state by state."""
