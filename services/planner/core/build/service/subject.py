"""The Service that a network load balancer is built for, as the parts of the build read it."""

from dataclasses import dataclass
from typing import TypeVar

from services.planner.core.annotations.annotated import Annotated
from services.planner.core.annotations.annotation import Annotation
from services.planner.core.annotations.service_nlb import load_balancer as catalogue
from services.planner.core.inputs import Cluster
from services.planner.core.objects import ObjectRef, Service, ServicePort
from services.planner.core.service_ownership import LEGACY_IP

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A Service with its annotations."""

    service: Service
    annotated: Annotated

    @property
    def ref(self) -> ObjectRef:
        """The Service."""
        return self.annotated.where

    def get(self, annotation: Annotation[T]) -> T | None:
        """The value of an annotation, None where it is absent or was refused."""
        return self.annotated.get(annotation)

    @property
    def dual_stack(self) -> bool:
        """Whether the load balancer has IPv6 addresses, too."""
        return self.get(catalogue.IP_ADDRESS_TYPE) == "dualstack"

    def target_type(self, cluster: Cluster) -> str:
        """`ip` or `instance`, which any other value counts as (service behaviour, section 10)."""
        if self.get(catalogue.TYPE) == LEGACY_IP:
            return "ip"
        asked = self.get(catalogue.NLB_TARGET_TYPE) or cluster.default_target_type
        return asked if asked == "ip" else "instance"


def find_port(service: Service, named: int | str) -> ServicePort | None:
    """The Service's port of that number or name."""
    return next((p for p in service.ports if named in ((p.port,) if isinstance(named, int) else (p.name,))), None)
