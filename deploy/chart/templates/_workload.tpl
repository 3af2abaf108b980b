{{/*
ServiceAccount, Service and Deployment of one component.
Takes (dict "root" $ "component" "watcher" "args" "...a YAML list of flags..." "env" "...a YAML list of variables..."
"servicePorts" and "containerPorts" "...YAML lists of ports besides that of gRPC...").
*/}}
{{- define "elbow.workload" -}}
{{- $values := index .root.Values .component -}}
{{- if $values.serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "elbow.serviceAccountName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "elbow.labels" . | nindent 4 }}
  {{- with $values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "elbow.component" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "elbow.labels" . | nindent 4 }}
spec:
  selector:
    {{- include "elbow.selector" . | nindent 4 }}
  ports:
    - name: grpc
      port: {{ .root.Values.port }}
      targetPort: grpc
    {{- with .servicePorts }}
    {{- . | nindent 4 }}
    {{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "elbow.component" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "elbow.labels" . | nindent 4 }}
spec:
  replicas: {{ $values.replicaCount }}
  selector:
    matchLabels:
      {{- include "elbow.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- with .root.Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- include "elbow.labels" . | nindent 8 }}
      {{- with .root.Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "elbow.serviceAccountName" . }}
      automountServiceAccountToken: true
      # The variables of a Service called elbow-... would be read as settings.
      enableServiceLinks: false
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      # The process ends in three stages, each as long as the grace and a second more, and then flushes its traces for
      # five.
      terminationGracePeriodSeconds: {{ add (mul 3 (add .root.Values.shutdownGraceSeconds 1)) 5 }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {{ .component }}
          image: {{ include "elbow.image" . }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args:
            - --log-level={{ .root.Values.logLevel }}
            - --shutdown-grace-seconds={{ .root.Values.shutdownGraceSeconds }}
            {{- with .args }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- with $values.extraArgs }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          env:
            # In the environment and not among the flags: the probe reads them too.
            - name: ELBOW_LISTEN
              value: "[::]:{{ .root.Values.port }}"
            - name: ELBOW_TLS_CERT
              value: /etc/elbow/tls/tls.crt
            - name: ELBOW_TLS_KEY
              value: /etc/elbow/tls/tls.key
            - name: ELBOW_TLS_CA
              value: /etc/elbow/tls/ca.crt
            {{- with .env }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- range $name, $value := merge (dict) $values.env .root.Values.env }}
            - name: {{ $name }}
              value: {{ $value | quote }}
            {{- end }}
          ports:
            - name: grpc
              containerPort: {{ .root.Values.port }}
            {{- with .containerPorts }}
            {{- . | nindent 12 }}
            {{- end }}
          startupProbe:
            {{- include "elbow.probe" . | nindent 12 }}
            periodSeconds: 2
            failureThreshold: 30
          readinessProbe:
            {{- include "elbow.probe" . | nindent 12 }}
            periodSeconds: 15
          livenessProbe:
            {{- include "elbow.probe" . | nindent 12 }}
            periodSeconds: 30
            failureThreshold: 3
          {{- with $values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: tls
              mountPath: /etc/elbow/tls
              readOnly: true
      volumes:
        - name: tls
          secret:
            secretName: {{ include "elbow.tlsSecret" . }}
            defaultMode: 0440
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.topologySpreadConstraints }}
      topologySpreadConstraints:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if $values.affinity }}
      affinity:
        {{- toYaml $values.affinity | nindent 8 }}
      {{- else if .root.Values.configureDefaultAffinity }}
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels:
                    {{- include "elbow.selector" . | nindent 20 }}
      {{- end }}
{{- end }}

{{- define "elbow.image" -}}
{{- $image := .root.Values.image -}}
{{- $repository := required "image.repository: the repository that the images were pushed to is required" $image.repository -}}
{{- printf "%s-%s:%s" $repository .component (default .root.Chart.AppVersion $image.tag) | quote -}}
{{- end }}

{{/* A whole Python starts for each, hence the long time-out and the slow pace. */}}
{{- define "elbow.probe" -}}
exec:
  command: [python, -m, services.runtime.probe]
timeoutSeconds: 5
{{- end }}
