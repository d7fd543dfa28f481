{{- define "gateway.environment" -}}
- name: ROUTER_PORT
  value: {{ include "gateway.port" . | quote }}
- name: NOETL_BASE_URL
  value: {{ .Values.env.noetlBaseUrl | quote }}
- name: RUST_LOG
  value: {{ .Values.env.rustLog | quote }}
- name: CORS_ALLOWED_ORIGINS
  value: {{ .Values.env.corsAllowedOrigins | quote }}
- name: NATS_URL
  value: {{ .Values.env.natsUrl | quote }}
- name: NATS_UPDATES_SUBJECT_PREFIX
  value: {{ .Values.env.natsUpdatesSubjectPrefix | quote }}
- name: GATEWAY_PUBLIC_URL
  value: {{ include "gateway.publicUrl" . | quote }}
- name: GATEWAY_DRAIN_SECS
  value: {{ .Values.drain.seconds | quote }}
{{- if .Values.internalService.enabled }}
- name: GATEWAY_INTERNAL_PORT
  value: {{ .Values.internalService.port | quote }}
{{- end }}
{{- if include "gateway.bypass" . }}
- name: GATEWAY_AUTH_BYPASS
  value: "true"
- name: GATEWAY_ENV
  value: development
{{- end }}
{{- with include "gateway.natsSecret" . }}
- name: NATS_USERNAME
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: username
- name: NATS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: password
{{- end }}
{{- with include "gateway.tokenSecret" . }}
- name: GATEWAY_INTERNAL_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: internal-token
      optional: true
- name: NOETL_INTERNAL_API_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: noetl-internal-api-token
      optional: true
{{- end }}
{{- if .Values.config }}
- name: GATEWAY_CONFIG
  value: /etc/noetl-gateway/gateway.yaml
{{- end }}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
