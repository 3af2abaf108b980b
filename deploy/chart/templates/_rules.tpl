{{/* What each service may do in Kubernetes: plain YAML lists of rules. */}}

{{- define "elbow.rules.watcher" -}}
- apiGroups: [""]
  resources: [namespaces, nodes, pods, services]
  verbs: [list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses, ingressclasses]
  verbs: [list, watch]
- apiGroups: [elbv2.k8s.aws]
  resources: [ingressclassparams, targetgroupbindings]
  verbs: [list, watch]
{{- end }}

{{- define "elbow.rules.watcherSecrets" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [list, watch]
{{- end }}

{{- define "elbow.rules.executorSecrets" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- end }}

{{/* Records of ingress groups: in the release's own namespace only. */}}
{{- define "elbow.rules.watcherRecords" -}}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [list, watch]
{{- end }}

{{- define "elbow.rules.executorRecords" -}}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, patch, delete]
{{- end }}

{{- define "elbow.rules.executor" -}}
# Finalizers of what has a load balancer, and its status.
- apiGroups: [""]
  resources: [services, services/status]
  verbs: [patch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses, ingresses/status]
  verbs: [patch]
- apiGroups: [elbv2.k8s.aws]
  resources: [targetgroupbindings]
  verbs: [get, create, patch, delete]
- apiGroups: [elbv2.k8s.aws]
  resources: [targetgroupbindings/status]
  verbs: [patch]
# Readiness gates.
- apiGroups: [""]
  resources: [pods]
  verbs: [get]
- apiGroups: [""]
  resources: [pods/status]
  verbs: [patch]
# What bindings of target groups that clusters share have registered, each beside its binding.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, patch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}
