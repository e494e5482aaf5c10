package patch

import (
	"cmp"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/otwatch/otwatch/internal/report"
)

// plain matches what a shell takes as it is.
var plain = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quoted is a word for a shell.
func quoted(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// variables writes lines as NAME=value, for a shell or a file of variables.
func variables(t *text, p program) {
	for _, variable := range t.apply(p) {
		name, value, _ := strings.Cut(variable, "=")
		t.line("%s=%s", name, quoted(value))
	}
}

// kubernetesName matches names of objects in Kubernetes. Source: RFC 1123 subdomain.
var kubernetesName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)

// kubectl writes a command that sets variables of the workload that made the pod.
func kubectl(t *text, p program) {
	env := t.apply(p)
	k := cmp.Or(p.Target.Kubernetes, &report.Kubernetes{})
	if len(env) == 0 {
		return
	}
	if !kubernetesName.MatchString(k.Owner) || !kubernetesName.MatchString(k.Namespace) || k.OwnerKind == "job" || k.OwnerKind == "" {
		t.note("the workload that made the pod is not known, or cannot be changed: set these variables in its template")
		for _, variable := range env {
			t.note("  %s", variable)
		}
		return
	}
	command := []string{"kubectl", "set", "env", quoted(k.OwnerKind + "/" + k.Owner), "-n", quoted(k.Namespace)}
	if kubernetesName.MatchString(k.Container) {
		command = append(command, "-c", quoted(k.Container))
	}
	for _, variable := range env {
		// $(NAME) in a value would be replaced. Source: Kubernetes API, EnvVar.
		command = append(command, quoted(strings.ReplaceAll(variable, "$(", "$$(")))
	}
	t.line("%s", strings.Join(command, " "))
}

// unitName matches names of systemd's units. Source: systemd.unit(5).
var unitName = regexp.MustCompile(`^[A-Za-z0-9:_.\\@-]{1,247}\.service$`)

// unit is the systemd service that the program runs in; "" if it runs in none.
func (p program) unit() string {
	if unit := p.Target.SystemdUnit; unitName.MatchString(unit) {
		return unit
	}
	return ""
}

// systemd writes a drop-in of the unit.
func systemd(t *text, p program) {
	unit := cmp.Or(p.unit(), "NAME.service")
	t.note("/etc/systemd/system/%s.d/otwatch.conf", unit)
	t.note("then: systemctl daemon-reload && systemctl restart %s", quoted(unit))
	env := t.apply(p)
	if len(env) == 0 {
		return
	}
	t.line("[Service]")
	for _, variable := range env {
		// Source: systemd.exec(5), Environment=, and systemd.unit(5), specifiers.
		t.line(`Environment="%s"`, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%").Replace(variable))
	}
}

// composeContainer is what Docker Compose calls a container: project, service and number.
var composeContainer = regexp.MustCompile(`^[^-]+-(.+)-[0-9]+$`)

// compose writes an override file.
func compose(t *text, p program) {
	env := t.apply(p)
	if len(env) == 0 {
		return
	}
	service := p.Target.ServiceName
	if name := p.Target.ContainerName; name != nil {
		service = *name
		if parts := composeContainer.FindStringSubmatch(*name); parts != nil {
			service = parts[1]
		}
	}
	t.note("compose.override.yaml; check the name of the service")
	set := mapping()
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		add(set, name, scalar(strings.ReplaceAll(value, "$", "$$"))) // compose replaces $NAME
	}
	of := mapping()
	add(of, "environment", set)
	services := mapping()
	add(services, service, of)
	file := mapping()
	add(file, "services", services)
	t.yaml(file)
}

// sdkFile writes the part of the configuration file that otelconf reads. A file has each key once, so
// the changes are one document.
func sdkFile(t *text, p program) {
	if p.Configuration.FileSchema == "" {
		t.note("the program does not link go.opentelemetry.io/contrib/otelconf, which reads such a file")
	}
	file := map[string]any{}
	for _, c := range p.changes {
		t.note("%s", c.says)
		var part map[string]any
		if err := yaml.Unmarshal([]byte(cmp.Or(c.advice.YAML, p.config.Lines(c.env))), &part); err != nil || len(part) == 0 {
			t.without(c, "no setting of the file")
			continue
		}
		merge(file, part)
	}
	if len(file) > 0 {
		t.yaml(file)
	}
}

// merge adds a part of a file. Lists have one element, as package sdkconfig writes them.
func merge(file, part map[string]any) {
	for name, value := range part {
		inner, more := element(file[name]), element(value)
		if inner == nil || more == nil {
			file[name] = value
		} else {
			merge(inner, more)
		}
	}
}

// element is a mapping, or the one that a list has; nil if a value is neither.
func element(value any) map[string]any {
	if list, ok := value.([]any); ok && len(list) == 1 {
		value = list[0]
	}
	mapping, _ := value.(map[string]any)
	return mapping
}

// option matches the Go options of the SDK and its exporters, as opposed to statements.
var option = regexp.MustCompile(`^[a-z]+\.With[A-Z]`)

// goCode writes options for the code that sets the SDK up, and the statements that these need. A
// line of several changes stands once: limits of spans have one option.
func goCode(t *text, p program) {
	written := map[string]bool{}
	for _, c := range p.changes {
		t.note("%s", c.says)
		lines := c.advice.Go
		if len(lines) == 0 {
			lines = p.config.Options(c.env)
		}
		if len(lines) == 0 {
			t.without(c, "no option in code")
			continue
		}
		if len(c.advice.Where) > 0 {
			t.note("in %s", strings.Join(c.advice.Where, ", "))
		}
		for _, line := range lines {
			if line = oneLine(line); option.MatchString(line) {
				line += ","
			}
			if !written[line] {
				t.line("%s", line)
			}
			written[line] = true
		}
	}
}

// collector writes the configuration of a collector on the program's host, if one is advised.
func collector(t *text, p program) {
	needed := false
	for _, c := range p.changes {
		for variable, value := range c.advice.Env {
			if strings.HasSuffix(variable, "_ENDPOINT") && strings.Contains(value, "//localhost:") {
				t.note("%s", c.says)
				needed = true
			}
		}
	}
	if !needed {
		t.note("nothing to change in a collector")
		return
	}
	to := p.receiver()
	if to == "" {
		t.note("fill in the receiver that the collector sends to")
		to = "RECEIVER:4317"
	}
	exporter := map[string]any{"endpoint": to}
	name, tls := "otlp", "if the receiver does not use TLS, add to the exporter: tls: {insecure: true}"
	if strings.Contains(to, "://") {
		name, tls = "otlphttp", "if the receiver uses TLS, write https://"
	}
	t.note("%s", tls)
	protocols := map[string]any{"grpc": map[string]any{"endpoint": "localhost:4317"}, "http": map[string]any{"endpoint": "localhost:4318"}}
	t.yaml(map[string]any{
		"receivers":  map[string]any{"otlp": map[string]any{"protocols": protocols}},
		"processors": map[string]any{"batch": map[string]any{}},
		"exporters":  map[string]any{name: exporter},
		"service": map[string]any{"pipelines": map[string]any{
			"traces": map[string]any{"receivers": []string{"otlp"}, "processors": []string{"batch"}, "exporters": []string{name}},
		}},
	})
}

// receiver is where the program sends its spans to now; "" if that is not known.
func (p program) receiver() string {
	for _, s := range p.Configuration.Settings {
		if s.Variable != "OTEL_EXPORTER_OTLP_ENDPOINT" {
			continue
		}
		if len(s.Components) > 0 && strings.HasPrefix(s.Components[0], "otlp_http") {
			return "http://" + s.Value
		}
		return s.Value
	}
	return ""
}

// yaml writes a document, with whatever it holds quoted as needed.
func (t *text) yaml(document any) {
	encoder := yaml.NewEncoder(t)
	encoder.SetIndent(2)
	if encoder.Encode(document) != nil || encoder.Close() != nil {
		t.note("this cannot be written as YAML")
	}
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode} }

func scalar(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Style: yaml.DoubleQuotedStyle}
}

func add(to *yaml.Node, key string, value *yaml.Node) {
	name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}
	if !plain.MatchString(key) {
		name.Style = yaml.DoubleQuotedStyle
	}
	to.Content = append(to.Content, name, value)
}
