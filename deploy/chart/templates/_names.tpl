{{/* Names of everything in the release. Templates with a component take (dict "root" $ "component" "watcher"). */}}

{{- define "elbow.name" -}}
{{- default .Chart.Name .Values.nameOverride -}}
{{- end }}

{{- define "elbow.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "elbow.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "elbow.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "elbow.component" -}}
{{- printf "%s-%s" (include "elbow.fullname" .root) .component -}}
{{- end }}

{{/* Roles and bindings of a cluster have no namespace of their own. */}}
{{- define "elbow.clusterName" -}}
{{- printf "%s-%s" .root.Release.Namespace (include "elbow.component" .) -}}
{{- end }}

{{- define "elbow.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "elbow.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "elbow.labels" -}}
{{ include "elbow.commonLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "elbow.selector" -}}
app.kubernetes.io/name: {{ include "elbow.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "elbow.serviceAccountName" -}}
{{- $account := (index .root.Values .component).serviceAccount -}}
{{- if $account.create -}}
{{- default (include "elbow.component" .) $account.name -}}
{{- else -}}
{{- default "default" $account.name -}}
{{- end -}}
{{- end }}

{{/* The host under which a component is dialled, and which its certificate names. */}}
{{- define "elbow.host" -}}
{{- printf "%s.%s.svc" (include "elbow.component" .) .root.Release.Namespace -}}
{{- end }}

{{- define "elbow.tlsSecret" -}}
{{- if eq .root.Values.tls.source "existing" -}}
{{- index .root.Values.tls.existingSecrets .component -}}
{{- else -}}
{{- printf "%s-tls" (include "elbow.component" .) -}}
{{- end -}}
{{- end }}

{{/* The planner's Lease: the planner keeps it, the executor reads it. */}}
{{- define "elbow.leaseName" -}}
{{- printf "%s-planner" (include "elbow.fullname" .) -}}
{{- end }}

{{- define "elbow.leaseArgs" -}}
- --lease-namespace={{ .Release.Namespace }}
- --lease-name={{ include "elbow.leaseName" . }}
{{- end }}

{{/* What planner and executor both need to know of cluster and AWS. */}}
{{/* Where the records of ingress groups are kept. */}}
{{- define "elbow.namespaceArgs" -}}
- --namespace={{ .Release.Namespace }}
{{- end }}

{{- define "elbow.clusterArgs" -}}
- --cluster-name={{ required "clusterName: the name of the cluster is required" .Values.clusterName }}
- --aws-region={{ required "region: the AWS region is required" .Values.region }}
- --aws-vpc-id={{ required "vpcId: the id of the cluster's VPC is required" .Values.vpcId }}
{{- end }}
