"""What every implementation of a port promises: a class of tests that each one inherits."""
