"""Feature gates: behaviour that an installation switches on or off (controller, section 2).

Read by the parts of the build that a gate guards, from `Cluster.gates`; the settings take them as Name=true,Name=false.
Names are those of the reference controller. Gates of parts that do not exist here are known, so that flags can be taken
over unchanged, and change nothing.
"""

from enum import StrEnum


class Gate(StrEnum):
    """A feature gate by its name in the settings."""

    LISTENER_RULES_TAGGING = "ListenerRulesTagging"
    WEIGHTED_TARGET_GROUPS = "WeightedTargetGroups"
    ENDPOINTS_FAIL_OPEN = "EndpointsFailOpen"
    SERVICE_CONTROLLER = "EnableServiceController"
    IP_TARGET_TYPE = "EnableIPTargetType"
    SUBNETS_CLUSTER_TAG_CHECK = "SubnetsClusterTagCheck"
    NLB_HEALTH_CHECK_ADVANCED = "NLBHealthCheckAdvancedConfig"
    NLB_SECURITY_GROUP = "NLBSecurityGroup"
    CAPACITY_RESERVATION = "LBCapacityReservation"
    SUBNET_DISCOVERY_BY_REACHABILITY = "SubnetDiscoveryByReachability"
    NLB_GATEWAY_API = "NLBGatewayAPI"
    ALB_GATEWAY_API = "ALBGatewayAPI"
    GATEWAY_LISTENER_SET = "GatewayListenerSet"
    SERVICE_TYPE_LOAD_BALANCER_ONLY = "ServiceTypeLoadBalancerOnly"
    TCP_UDP_LISTENER = "EnableTCPUDPListener"
    TAGGING_API = "EnableRGTAPI"
    ALB_SINGLE_SUBNET = "ALBSingleSubnet"
    GLOBAL_ACCELERATOR = "GlobalAcceleratorController"
    ENHANCED_DEFAULTS = "EnhancedDefaultBehavior"
    DEFAULT_TAGS_LOW_PRIORITY = "EnableDefaultTagsLowPriority"
    TARGET_CONTROL_AGENT = "ALBTargetControlAgent"
    CERTIFICATE_MANAGEMENT = "EnableCertificateManagement"
    INGRESS_PLAN_ANNOTATION = "IngressPlanAnnotation"


DEFAULT_GATES = frozenset(
    (
        Gate.LISTENER_RULES_TAGGING,
        Gate.WEIGHTED_TARGET_GROUPS,
        Gate.ENDPOINTS_FAIL_OPEN,
        Gate.SERVICE_CONTROLLER,
        Gate.IP_TARGET_TYPE,
        Gate.SUBNETS_CLUSTER_TAG_CHECK,
        Gate.NLB_HEALTH_CHECK_ADVANCED,
        Gate.NLB_SECURITY_GROUP,
        Gate.CAPACITY_RESERVATION,
        Gate.SUBNET_DISCOVERY_BY_REACHABILITY,
        Gate.NLB_GATEWAY_API,
        Gate.ALB_GATEWAY_API,
        Gate.GATEWAY_LISTENER_SET,
    )
)
"""The gates that are open unless closed."""
