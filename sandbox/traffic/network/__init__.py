"""Network load balancers: connections and datagrams."""
