"""Tools that keep the wire contract: code generation and lint. Not installed with the services."""
