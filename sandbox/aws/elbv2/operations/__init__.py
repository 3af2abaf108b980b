"""The operations of the API, one module a kind of resource. `service` holds the table of all of them.

An operation takes the parameters as the model names them, which the model already allows, and gives the members of its
result. What AWS refuses is a RefusedError, raised before anything has changed.
"""
