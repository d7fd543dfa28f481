{{/* Objects are called gateway and carry app: gateway, as they always have. */}}
{{- define "gateway.labels" -}}
app: gateway
app.kubernetes.io/name: noetl-gateway
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "gateway.port" -}}
{{ .Values.service.targetPort | default .Values.env.routerPort }}
{{- end }}

{{- define "gateway.serviceAccount" -}}
{{ .Values.serviceAccount.name | default "gateway" }}
{{- end }}

{{- define "gateway.natsSecret" -}}
{{- if .Values.nats.existingSecret }}{{ .Values.nats.existingSecret }}
{{- else if .Values.nats.username }}gateway-nats
{{- end }}
{{- end }}

{{- define "gateway.tokenSecret" -}}
{{- if .Values.tokens.existingSecret }}{{ .Values.tokens.existingSecret }}
{{- else if or .Values.tokens.internalToken .Values.tokens.noetlInternalApiToken }}gateway-tokens
{{- end }}
{{- end }}

{{/* The URL that workers answer to, given explicitly so that no default of either side matters. */}}
{{- define "gateway.publicUrl" -}}
{{- if .Values.env.publicUrl }}{{ .Values.env.publicUrl }}
{{- else if .Values.internalService.enabled }}http://gateway-internal.{{ .Values.namespace }}.svc.cluster.local
{{- else }}http://gateway.{{ .Values.namespace }}.svc.cluster.local
{{- end }}
{{- end }}

{{/* Every way of asking for the bypass needs the second key: env, settings, the settings file, extraEnv. */}}
{{- define "gateway.bypass" -}}
{{- $asked := list .Values.env.authBypass (get .Values.settings "GATEWAY_AUTH_BYPASS") -}}
{{- with .Values.config.proxy_policy }}{{ $asked = append $asked (get . "auth_bypass") }}{{ end -}}
{{- range .Values.extraEnv -}}
{{- if eq .name "GATEWAY_AUTH_BYPASS" }}{{ $asked = append $asked (default "from elsewhere" .value) }}{{ end -}}
{{- end -}}
{{- $wanted := false -}}
{{- range $asked -}}
{{- if not (has (toString . | trim | lower) (list "" "<nil>" "false" "0" "no" "off" "n" "f")) }}{{ $wanted = true }}{{ end -}}
{{- end -}}
{{- if $wanted -}}
{{- if ne .Values.allowAuthBypass "I know that anybody can get in" -}}
{{- fail "the auth bypass lets anybody in. Leave it out, or set allowAuthBypass to: I know that anybody can get in" -}}
{{- end -}}
true
{{- end -}}
{{- end }}
