"""`make demo`: an Ingress and a Service become load balancers, as planned, grow, and leave nothing behind."""
