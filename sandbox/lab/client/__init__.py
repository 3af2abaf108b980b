"""Who asks the load balancers: an open-loop load and single looks at a protocol, over loopback by the address table."""
