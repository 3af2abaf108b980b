"""`make demo`: a Deployment, a Service and an Ingress become a load balancer, grow, and leave nothing behind."""
