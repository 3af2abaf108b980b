{{/* Flags of the planner that say what load balancers are made like. A value that is not set leaves the flag's default. */}}
{{- define "elbow.planningArgs" -}}
- {{ printf "--ingress-class=%s" .Values.ingressClass | quote }}
{{- $flags := dict
  "defaultTargetType" "default-target-type"
  "defaultLoadBalancerScheme" "default-load-balancer-scheme"
  "defaultSSLPolicy" "default-ssl-policy"
  "loadBalancerClass" "load-balancer-class"
  "tolerateNonExistentBackendService" "tolerate-non-existent-backend-service"
  "tolerateNonExistentBackendAction" "tolerate-non-existent-backend-action"
  "enablePodReadinessGateInject" "enable-pod-readiness-gate-inject"
  "disableIngressClassAnnotation" "disable-ingress-class-annotation"
  "disableIngressGroupNameAnnotation" "disable-ingress-group-name-annotation"
  "enableShield" "enable-shield"
  "enableWaf" "enable-waf"
  "enableWafv2" "enable-wafv2"
  "enableBackendSecurityGroup" "enable-backend-security-group"
  "backendSecurityGroup" "backend-security-group"
  "enableManageBackendSecurityGroupRules" "enable-manage-backend-security-group-rules"
  "disableRestrictedSecurityGroupRules" "disable-restricted-sg-rules"
  "maxTargetsPerTargetGroup" "max-targets-per-target-group"
}}
{{- range $value, $flag := $flags }}
{{- $given := index $.Values $value }}
{{- if not (kindIs "invalid" $given) }}
- {{ printf "--%s=%v" $flag $given | quote }}
{{- end }}
{{- end }}
{{- with .Values.externalManagedTags }}
- {{ printf "--external-managed-tags=%s" (join "," .) | quote }}
{{- end }}
{{- with .Values.certDiscovery.allowedCertificateAuthorityARNs }}
- {{ printf "--allowed-certificate-authority-arns=%s" . | quote }}
{{- end }}
{{- with .Values.certManagement.defaultPCAARN }}
- {{ printf "--default-pca-arn=%s" . | quote }}
{{- end }}
{{- $maps := dict
  "default-tags" .Values.defaultTags
  "service-target-eni-security-group-tags" .Values.serviceTargetENISGTags
  "feature-gates" .Values.controllerConfig.featureGates
  "quota-overrides" .Values.quotaOverrides
}}
{{- range $flag, $map := $maps }}
{{- if $map }}
{{- $pairs := list }}
{{- range $key, $value := $map }}
{{- $pairs = append $pairs (printf "%s=%s" $key (toString $value | replace "\\" "\\\\" | replace "," "\\,")) }}
{{- end }}
- {{ printf "--%s=%s" $flag (join "," $pairs) | quote }}
{{- end }}
{{- end }}
{{- end }}
