"""An AWS endpoint for boto3 and other SDKs, in this process: load balancing of its own (`elbv2`), moto for the rest,
patched where AWS answers otherwise. The account is seeded.

`AwsServer` starts and stops it; `python -m sandbox.aws` runs it alone. Every call is recorded, and calls can be held,
failed or cut by switches (the table in `sandbox.aws.admin`).

How far it goes is told in docs/sandbox.md.
"""

from sandbox.aws import service_models
from sandbox.aws.server import AwsServer
from sandbox.aws.world import AwsWorld, WorldNode

__all__ = ["AwsServer", "AwsWorld", "WorldNode", "service_models"]
