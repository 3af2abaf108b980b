{{/*
A role and its binding to the component's ServiceAccount.
Both take (dict "root" $ "component" "watcher" "rules" "...a YAML list...").
*/}}
{{- define "elbow.clusterRole" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ include "elbow.clusterName" . }}
  labels:
    {{- include "elbow.labels" . | nindent 4 }}
rules:
  {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ include "elbow.clusterName" . }}
  labels:
    {{- include "elbow.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ include "elbow.clusterName" . }}
subjects:
  {{- include "elbow.subject" . | nindent 2 }}
{{- end }}

{{- define "elbow.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ include "elbow.component" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "elbow.labels" . | nindent 4 }}
rules:
  {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ include "elbow.component" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "elbow.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "elbow.component" . }}
subjects:
  {{- include "elbow.subject" . | nindent 2 }}
{{- end }}

{{- define "elbow.subject" -}}
- kind: ServiceAccount
  name: {{ include "elbow.serviceAccountName" . }}
  namespace: {{ .root.Release.Namespace }}
{{- end }}
