{{/*
Webhook configurations; names, paths, selections and failure policies are those of aws-load-balancer-controller's chart.
Takes (dict "root" $ "caBundle" "...base64, empty where cert-manager puts it in...").
*/}}
{{- define "elbow.webhooks" -}}
{{- $root := .root -}}
{{- $watcher := dict "root" $root "component" "watcher" -}}
{{- $annotations := "" -}}
{{- if eq $root.Values.tls.source "certManager" -}}
{{- $annotations = printf "cert-manager.io/inject-ca-from: %s/%s" $root.Release.Namespace (include "elbow.component" $watcher) -}}
{{- end -}}
{{- $pods := dict "apiGroups" (list "") "apiVersions" (list "v1") "operations" (list "CREATE") "resources" (list "pods") -}}
{{- $write := list "CREATE" "UPDATE" -}}
{{- $bindings := dict "apiGroups" (list "elbv2.k8s.aws") "apiVersions" (list "v1beta1") "operations" $write "resources" (list "targetgroupbindings") -}}
{{- $params := dict "apiGroups" (list "elbv2.k8s.aws") "apiVersions" (list "v1beta1") "operations" $write "resources" (list "ingressclassparams") -}}
{{- $ingresses := dict "apiGroups" (list "networking.k8s.io") "apiVersions" (list "v1") "operations" $write "resources" (list "ingresses") -}}
{{- $services := dict "apiGroups" (list "") "apiVersions" (list "v1") "operations" $root.Values.serviceMutatorWebhookConfig.operations "resources" (list "services") -}}
{{- $others := include "elbow.notOurs" $root | fromYaml -}}
{{- $chosen := include "elbow.chosenPods" $root | fromYaml -}}
{{- $gates := include "elbow.namespacesFor" (dict "root" $root "label" "elbv2.k8s.aws/pod-readiness-gate-inject") | fromYaml -}}
{{- $quic := include "elbow.namespacesFor" (dict "root" $root "label" "elbv2.k8s.aws/quic-server-id-inject") | fromYaml -}}
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  name: {{ include "elbow.fullname" $root }}-webhook
  labels:
    {{- include "elbow.labels" $watcher | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
webhooks:
  {{- include "elbow.webhook" (merge (dict "name" "mpod.elbv2.k8s.aws" "path" "/mutate-v1-pod" "policy" $root.Values.podMutatorWebhookConfig.failurePolicy "rule" $pods "namespaces" $gates "objects" $chosen) .) | nindent 2 }}
  {{- include "elbow.webhook" (merge (dict "name" "quicid.elbv2.k8s.aws" "path" "/mutate-v1-pod-server-id" "policy" "Fail" "rule" $pods "namespaces" $quic "objects" $chosen) .) | nindent 2 }}
  {{- if $root.Values.enableServiceMutatorWebhook }}
  {{- $config := $root.Values.serviceMutatorWebhookConfig }}
  {{- $objects := include "elbow.withoutOurs" (dict "root" $root "selector" $config.objectSelector) | fromYaml }}
  {{- include "elbow.webhook" (merge (dict "name" "mservice.elbv2.k8s.aws" "path" "/mutate-v1-service" "policy" $config.failurePolicy "rule" $services "namespaces" $config.namespaceSelectors "objects" $objects) .) | nindent 2 }}
  {{- end }}
  {{- include "elbow.webhook" (merge (dict "name" "mtargetgroupbinding.elbv2.k8s.aws" "path" "/mutate-elbv2-k8s-aws-v1beta1-targetgroupbinding" "policy" "Fail" "rule" $bindings) .) | nindent 2 }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: {{ include "elbow.fullname" $root }}-webhook
  labels:
    {{- include "elbow.labels" $watcher | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
webhooks:
  {{- include "elbow.webhook" (merge (dict "name" "vtargetgroupbinding.elbv2.k8s.aws" "path" "/validate-elbv2-k8s-aws-v1beta1-targetgroupbinding" "policy" "Fail" "rule" $bindings) .) | nindent 2 }}
  {{- include "elbow.webhook" (merge (dict "name" "vingressclassparams.elbv2.k8s.aws" "path" "/validate-elbv2-k8s-aws-v1beta1-ingressclassparams" "policy" "Fail" "rule" $params "objects" $others) .) | nindent 2 }}
  {{- $config := $root.Values.webhookConfig }}
  {{- if not $config.disableIngressValidation }}
  {{- include "elbow.webhook" (merge (dict "name" "vingress.elbv2.k8s.aws" "path" "/validate-networking-v1-ingress" "policy" $config.ingressValdationFailurePolicy "rule" $ingresses "namespaces" $config.ingressValidationNamespaceSelector "objects" $config.ingressValidationObjectSelector) .) | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "elbow.webhook" -}}
- name: {{ .name }}
  clientConfig:
    service:
      name: {{ include "elbow.component" (dict "root" .root "component" "watcher") }}
      namespace: {{ .root.Release.Namespace }}
      path: {{ .path }}
    {{- with .caBundle }}
    caBundle: {{ . }}
    {{- end }}
  rules:
    - {{- toYaml .rule | nindent 6 }}
  failurePolicy: {{ .policy }}
  matchPolicy: Equivalent
  sideEffects: None
  admissionReviewVersions: [v1]
  timeoutSeconds: {{ .root.Values.webhookConfig.timeoutSeconds }}
  {{- with .namespaces }}
  namespaceSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .objects }}
  objectSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Objects of this release: a webhook must not be in the way of the pods that serve it. */}}
{{- define "elbow.notOurs" -}}
matchExpressions:
  - key: app.kubernetes.io/name
    operator: NotIn
    values: [{{ include "elbow.name" . }}]
{{- end }}

{{- define "elbow.withoutOurs" -}}
{{- with .selector.matchLabels }}
matchLabels:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{ include "elbow.notOurs" .root }}
{{- with .selector.matchExpressions }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "elbow.chosenPods" -}}
{{ include "elbow.withoutOurs" (dict "root" . "selector" .Values.objectSelector) }}
{{- end }}

{{/* Namespaces whose pods a webhook changes: those with its label, or the ones that the values choose instead. */}}
{{- define "elbow.namespacesFor" -}}
matchExpressions:
  {{- if .root.Values.webhookNamespaceSelectors }}
  {{- toYaml .root.Values.webhookNamespaceSelectors | nindent 2 }}
  {{- else }}
  - key: {{ .label }}
    operator: In
    values: [enabled]
  {{- end }}
{{- end }}
