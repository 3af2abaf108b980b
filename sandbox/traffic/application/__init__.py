"""Application load balancers: HTTP in, HTTP out."""
