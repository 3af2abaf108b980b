"""An AWS endpoint for boto3 and other SDKs, in this process: moto, patched where AWS answers otherwise, and seeded.

`AwsServer` starts and stops it; `python -m sandbox.aws` runs it alone. Every call is recorded, and calls can be held,
failed or cut by switches (the table in `sandbox.aws.admin`).

Left out: throttling, quotas, delays and eventual consistency, the time a load balancer takes to provision, health
states between registered and healthy, and draining. A target is healthy as soon as a listener or rule forwards to its
group, unless a switch holds it; a deregistered one is gone at once. Elastic addresses of a load balancer are not shown.
"""

from sandbox.aws import service_models
from sandbox.aws.server import AwsServer
from sandbox.aws.world import AwsWorld, WorldNode

__all__ = ["AwsServer", "AwsWorld", "WorldNode", "service_models"]
