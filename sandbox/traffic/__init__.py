"""The data plane of the sandbox's load balancers: a process of its own that carries real traffic over loopback.

It follows the AWS endpoint's configuration, listens for each listener, and treats requests, connections and datagrams
as the load balancer would. Application load balancers are in `application`, network load balancers in `network`; what
either decides is pure and in `core`.
"""
