"""What end-to-end tests stand on: a sandbox and the three services as processes, and plain access to all of them."""
