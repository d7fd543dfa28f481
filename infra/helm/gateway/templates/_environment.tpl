{{/* What the chart itself sets. An entry gives way to any of its variable's names in settings. */}}
{{- define "gateway.ownEnvironment" -}}
ROUTER_PORT: {{ include "gateway.port" . | quote }}
NOETL_BASE_URL: {{ .Values.env.noetlBaseUrl | quote }}
RUST_LOG: {{ .Values.env.rustLog | quote }}
CORS_ALLOWED_ORIGINS: {{ .Values.env.corsAllowedOrigins | quote }}
NATS_URL: {{ .Values.env.natsUrl | quote }}
NATS_UPDATES_SUBJECT_PREFIX: {{ .Values.env.natsUpdatesSubjectPrefix | quote }}
GATEWAY_PUBLIC_URL: {{ include "gateway.publicUrl" . | quote }}
GATEWAY_DRAIN_SECS: {{ .Values.drain.seconds | quote }}
{{- if and .Values.ingress.enabled (eq .Values.ingress.className "gce") }}
{{- /* Google's load balancer keeps idle connections for 600 s: who closes them first answers a request with 502. */}}
GATEWAY_KEEP_ALIVE_SECS: "620"
{{- end }}
{{- if .Values.internalService.enabled }}
GATEWAY_INTERNAL_PORT: {{ .Values.internalService.port | quote }}
{{- end }}
{{- if include "gateway.bypass" . }}
GATEWAY_AUTH_BYPASS: "true"
GATEWAY_ENV: development
{{- end }}
{{- if .Values.config }}
GATEWAY_CONFIG: /etc/noetl-gateway/gateway.yaml
{{- end }}
{{- end }}

{{/* Settings that shape the pod as well: they have values of their own, and may not be said twice. */}}
{{- define "gateway.saidOnce" -}}
{{- $own := dict
  "ROUTER_PORT" "env.routerPort" "GATEWAY_PORT" "env.routerPort"
  "GATEWAY_INTERNAL_PORT" "internalService.port" "GATEWAY_DRAIN_SECS" "drain.seconds" -}}
{{- range $name, $value := $own -}}
{{- if hasKey $.Values.settings $name -}}
{{- fail (printf "settings.%s: the pod depends on it as well, so set %s instead" $name $value) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "gateway.environment" -}}
{{- include "gateway.saidOnce" . -}}
{{- $settings := .Values.settings -}}
{{- $own := include "gateway.ownEnvironment" . | fromYaml -}}
{{- if hasKey $settings "GATEWAY_LOG_LEVEL" }}{{ $_ := unset $own "RUST_LOG" }}{{ end -}}
{{- $secrets := list -}}
{{- with include "gateway.natsSecret" . -}}
{{- $secrets = concat $secrets (list (list "NATS_USERNAME" . "username" false) (list "NATS_PASSWORD" . "password" false)) -}}
{{- end -}}
{{- with include "gateway.tokenSecret" . -}}
{{- $secrets = concat $secrets (list
  (list "GATEWAY_INTERNAL_TOKEN" . "internal-token" true)
  (list "NOETL_INTERNAL_API_TOKEN" . "noetl-internal-api-token" true)) -}}
{{- end -}}
{{- $plain := merge (dict) (deepCopy $settings) $own -}}
{{- if include "gateway.bypass" . }}{{ $_ := set $plain "GATEWAY_AUTH_BYPASS" "true" }}{{ end -}}
{{- range $name, $value := $plain }}
- name: {{ $name }}
  {{- /* Values files know one kind of number, which would be written 1.6777216e+07. */}}
  {{- if and (kindIs "float64" $value) (eq (floor $value) $value) }}
  value: {{ printf "%.0f" $value | quote }}
  {{- else }}
  value: {{ $value | toString | quote }}
  {{- end }}
{{- end }}
{{- range $secrets }}
{{- if not (hasKey $settings (index . 0)) }}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 }}
      key: {{ index . 2 }}
      {{- if index . 3 }}
      optional: true
      {{- end }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
