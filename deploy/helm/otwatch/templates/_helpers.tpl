{{- define "otwatch.name" -}}
{{- if contains "otwatch" .Release.Name }}{{ .Release.Name | trunc 63 | trimSuffix "-" }}{{ else }}{{ printf "%s-otwatch" .Release.Name | trunc 63 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "otwatch.selector" -}}
app.kubernetes.io/name: otwatch
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "otwatch.labels" -}}
{{ include "otwatch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "otwatch.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "otwatch.name" .) }}
{{- end }}

{{- /* The suffix of the files with the metrics' names in one of the two forms. */ -}}
{{- define "otwatch.form" -}}
{{ eq . "utf8" | ternary ".utf8" "" }}
{{- end }}

{{- define "otwatch.args" -}}
- attach
- --output=none
{{- $all := true }}
{{- range $flag, $globs := dict "namespace" .Values.targets.namespaces "pod" .Values.targets.pods "name" .Values.targets.names }}
{{- range $globs }}
{{- $all = false }}
- {{ printf "--%s=%s" $flag . | quote }}
{{- end }}
{{- end }}
{{- if $all }}
- --all
{{- end }}
{{- range .Values.targets.exclude }}
- {{ printf "--exclude=%s" . | quote }}
{{- end }}
{{- with .Values.endpoint }}
- {{ printf "--endpoint=%s" . | quote }}
{{- end }}
{{- with .Values.protocol }}
- {{ printf "--protocol=%s" . | quote }}
{{- end }}
- --metrics={{ .Values.metrics }}
- --resource=host.name=$(K8S_NODE_NAME)
- --resource=k8s.node.name=$(K8S_NODE_NAME)
{{- range $name, $value := .Values.resource }}
- {{ printf "--resource=%s=%s" $name (urlquery $value | replace "+" "%20") | quote }}
{{- end }}
- {{ printf "--budget=%s" .Values.budget | quote }}
{{- range $name, $value := .Values.limits }}
- {{ printf "--limit=%s=%v" $name $value | quote }}
{{- end }}
{{- with .Values.runtimeSocket }}
- {{ printf "--runtime-endpoint=%s" . | quote }}
{{- end }}
{{- if .Values.settings }}
- --config=/etc/otwatch/otwatch.yaml
{{- end }}
- {{ printf "--listen=%s:%v" .Values.address .Values.port | quote }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}
