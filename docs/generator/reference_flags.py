"""What became of each flag of aws-load-balancer-controller (controller, sections 1 and 3): data of the settings page.

A place is a service and its flag, or empty where the flag has no counterpart; the remark then says why.
"""

from collections.abc import Mapping

_ONE_QUEUE = "one workqueue of lanes serves every kind; its workers only wait for AWS"
_NO_GATEWAY = "the Gateway API is not served yet"
_NO_ACCELERATOR = "Global Accelerator is not served"

FLAGS: Mapping[str, tuple[str, str]] = {
    "cluster-name": ("planner --cluster-name", "the executor takes the same; `elbow up` and the chart hand it to both"),
    "log-level": ("planner --log-level", "every service has it"),
    "default-tags": ("planner --default-tags", ""),
    "external-managed-tags": ("planner --external-managed-tags", ""),
    "default-target-type": ("planner --default-target-type", ""),
    "default-load-balancer-scheme": ("planner --default-load-balancer-scheme", ""),
    "default-ssl-policy": ("planner --default-ssl-policy", ""),
    "ingress-class": ("planner --ingress-class", ""),
    "disable-ingress-class-annotation": ("planner --disable-ingress-class-annotation", "needs admission"),
    "disable-ingress-group-name-annotation": ("planner --disable-ingress-group-name-annotation", "needs admission"),
    "load-balancer-class": ("planner --load-balancer-class", "the watcher takes the same, for its Service webhook"),
    "tolerate-non-existent-backend-service": ("planner --tolerate-non-existent-backend-service", ""),
    "tolerate-non-existent-backend-action": ("planner --tolerate-non-existent-backend-action", ""),
    "allowed-certificate-authority-arns": ("planner --allowed-certificate-authority-arns", ""),
    "default-pca-arn": ("planner --default-pca-arn", ""),
    "enable-waf": ("planner --enable-waf", ""),
    "enable-wafv2": ("planner --enable-wafv2", ""),
    "enable-shield": ("planner --enable-shield", ""),
    "enable-backend-security-group": ("planner --enable-backend-security-group", ""),
    "backend-security-group": ("planner --backend-security-group", ""),
    "enable-manage-backend-security-group-rules": ("planner --enable-manage-backend-security-group-rules", ""),
    "disable-restricted-sg-rules": ("planner --disable-restricted-sg-rules", ""),
    "service-target-eni-security-group-tags": ("planner --service-target-eni-security-group-tags", ""),
    "enable-endpoint-slices": ("", "EndpointSlices are always used; Endpoints are deprecated in Kubernetes"),
    "max-targets-per-target-group": ("planner --max-targets-per-target-group", ""),
    "targetgroupbinding-requeue-duration": (
        "executor --track-longest-seconds",
        "target health is polled while something moves, more often at first",
    ),
    "lb-stabilization-monitor-interval": ("", "a load balancer that is being provisioned holds nothing up"),
    "required-secrets-label": ("planner --required-secrets-label", ""),
    "enable-pod-readiness-gate-inject": ("planner --enable-pod-readiness-gate-inject", "needs admission"),
    "quic-environment-variable-name": ("watcher --quic-environment-variable-name", ""),
    "ingress-max-concurrent-reconciles": ("planner --workers", _ONE_QUEUE),
    "service-max-concurrent-reconciles": ("planner --workers", _ONE_QUEUE),
    "targetgroupbinding-max-concurrent-reconciles": ("planner --workers", _ONE_QUEUE),
    "gateway-class-max-concurrent-reconciles": ("", _NO_GATEWAY),
    "alb-gateway-max-concurrent-reconciles": ("", _NO_GATEWAY),
    "nlb-gateway-max-concurrent-reconciles": ("", _NO_GATEWAY),
    "globalaccelerator-max-concurrent-reconciles": ("", _NO_ACCELERATOR),
    "targetgroupbinding-max-exponential-backoff-delay": (
        "",
        "the backoff follows from the class of the error; the longest is minutes, not hours",
    ),
    "globalaccelerator-max-exponential-backoff-delay": ("", _NO_ACCELERATOR),
    "feature-gates": ("planner --feature-gates", "same names; gates of what does not exist here change nothing"),
    "aws-region": ("planner --aws-region", "the executor takes the same"),
    "aws-vpc-id": ("planner --aws-vpc-id", "the executor takes the same"),
    "aws-vpc-tags": ("", "the VPC is named by its id, so that no start depends on a call to AWS"),
    "aws-vpc-tag-key": ("", "deprecated and without effect there too"),
    "aws-api-endpoints": ("executor --aws-endpoint-url", "one endpoint for all services of AWS"),
    "aws-api-throttle": (
        "executor --aws-buckets",
        "rates by API category, as AWS counts them, in place of expressions",
    ),
    "aws-max-retries": ("executor --aws-retry-seconds", "a time instead of a number: throttling is waited out by rate"),
    "metrics-bind-addr": ("", "traces and logs by OpenTelemetry's own variables; no metrics endpoint yet"),
    "health-probe-bind-addr": ("", "health is gRPC's health protocol on the service's own address, as probes use it"),
    "webhook-bind-port": ("watcher --admission-address", "address and port; no webhooks are served without it"),
    "webhook-cert-dir": ("watcher --admission-cert-dir", "the old name is taken too"),
    "webhook-cert-file": ("", "the name is always tls.crt"),
    "webhook-key-file": ("", "the name is always tls.key"),
    "kube-ca-pem-filepath": ("watcher --admission-client-ca", "the old name is taken too"),
    "enable-leader-election": ("", "planners always elect their leader; one alone leads at once"),
    "leader-election-id": ("planner --lease-name", "the executor takes the same; the old name is taken too"),
    "leader-election-namespace": ("planner --lease-namespace", "the same"),
    "watch-namespace": ("watcher --watch-namespace", ""),
    "sync-period": ("planner --sweep-period-seconds", "in seconds; AWS is compared then, Kubernetes is always seen"),
    "kubeconfig": ("planner --kubeconfig", "every service has it; the variable is KUBECONFIG"),
}
