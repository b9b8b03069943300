"""What tests share: stand-ins for parts, stages, the real bot between loopback servers."""
