"""Elastic Load Balancing v2 as AWS answers it: its own state and operations beside moto, which serves the rest.

`service` answers calls. `model` and `store` are the state; `wire` is the protocol, from botocore's service model;
`operations` has a module a kind of resource; `neighbours` is what is asked of the rest of the account; `quotas`,
`limits`, `ssl_policies` and `attribute_tables` are tables of facts; `target_health` says how targets are; `throttling`
is when AWS answers at all.
"""
