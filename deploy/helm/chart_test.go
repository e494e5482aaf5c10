package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// valuesFiles are the files of otwatch/ci, each a way to use the chart.
func valuesFiles(t *testing.T) map[string]map[string]any {
	t.Helper()
	paths, err := filepath.Glob(chartPath + "/ci/*-values.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d values files, %v", len(paths), err)
	}
	files := map[string]map[string]any{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var values map[string]any
		if err := yaml.UnmarshalStrict(content, &values); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		files[strings.TrimSuffix(filepath.Base(path), "-values.yaml")] = values
	}
	return files
}

// kinds are the types of the manifests, which know all their fields.
var kinds = map[string]func() any{
	"apps/v1 DaemonSet":                       func() any { return &apps.DaemonSet{} },
	"v1 ServiceAccount":                       func() any { return &core.ServiceAccount{} },
	"v1 ConfigMap":                            func() any { return &core.ConfigMap{} },
	"networking.k8s.io/v1 NetworkPolicy":      func() any { return &networking.NetworkPolicy{} },
	"monitoring.coreos.com/v1 PodMonitor":     func() any { return &monitoring.PodMonitor{} },
	"monitoring.coreos.com/v1 PrometheusRule": func() any { return &monitoring.PrometheusRule{} },
}

// parse parses a manifest. A field that its kind does not have is an error.
func parse(t *testing.T, name, text string) any {
	t.Helper()
	var kind meta.TypeMeta
	if err := yaml.Unmarshal([]byte(text), &kind); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, text)
	}
	of := kinds[kind.APIVersion+" "+kind.Kind]
	if of == nil {
		t.Fatalf("%s is a %s %s", name, kind.APIVersion, kind.Kind)
	}
	manifest := of()
	if err := yaml.UnmarshalStrict([]byte(text), manifest); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, text)
	}
	return manifest
}

func TestChart(t *testing.T) {
	for name, values := range valuesFiles(t) {
		t.Run(name, func(t *testing.T) {
			for _, message := range lint.RunAll(chartPath, values, "otwatch").Messages {
				if message.Severity >= support.WarningSev {
					t.Errorf("lint: %v", message)
				}
			}
			manifests, err := render(values)
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range manifests {
				parse(t, name, text)
			}
			container(t, manifests)
		})
	}
}

// container is the container of the DaemonSet, whose privileges are checked.
func container(t *testing.T, manifests map[string]string) core.Container {
	t.Helper()
	pod := parse(t, "daemonset.yaml", manifests["daemonset.yaml"]).(*apps.DaemonSet).Spec.Template.Spec
	if !pod.HostPID || pod.HostNetwork || pod.HostIPC || *pod.AutomountServiceAccountToken || len(pod.Containers) != 1 {
		t.Errorf("the pod is %+v", pod)
	}
	c := pod.Containers[0]
	may := c.SecurityContext
	if *may.Privileged || *may.AllowPrivilegeEscalation || !*may.ReadOnlyRootFilesystem || !slices.Equal(may.Capabilities.Drop, []core.Capability{"ALL"}) {
		t.Errorf("the container may %+v", may)
	}
	for _, mount := range c.VolumeMounts {
		if !mount.ReadOnly && mount.Name != "runtime" {
			t.Errorf("%s can be written to", mount.MountPath)
		}
	}
	return c
}

func TestChartUsesItsValues(t *testing.T) {
	of := valuesFiles(t)
	rendered := map[string]map[string]string{}
	for name, values := range of {
		manifests, err := render(values)
		if err != nil {
			t.Fatal(err)
		}
		rendered[name] = manifests
	}
	capabilities := []core.Capability{"BPF", "PERFMON", "SYS_PTRACE", "DAC_READ_SEARCH"}
	for _, test := range []struct {
		values       string
		args         []string // some of them
		not          string   // no argument begins with this
		capabilities []core.Capability
		manifests    int
		image        string
	}{
		{"default", []string{"--all", "--listen=0.0.0.0:9464"}, "--endpoint", append(capabilities, "SYS_ADMIN"), 2, "ghcr.io/otwatch/otwatch:devel"},
		{"collector", []string{"--namespace=shop", "--namespace=team-*", "--exclude=otelcol", "--endpoint=http://$(HOST_IP):4317", "--metrics=essential",
			"--resource=k8s.cluster.name=production%20eu%2B1", "--limit=cpu=3%", "--config=/etc/otwatch/otwatch.yaml"}, "--all", append(capabilities, "SYS_ADMIN"), 3, "ghcr.io/otwatch/otwatch:devel"},
		{"prometheus", []string{"--all"}, "--endpoint", append(capabilities, "SYS_ADMIN"), 6, "ghcr.io/otwatch/otwatch:devel"},
		{"openshift", []string{"--runtime-endpoint=/run/crio/crio.sock"}, "--endpoint", capabilities, 1, "ghcr.io/otwatch/otwatch:devel"},
		{"old-kernel", []string{"--all"}, "--endpoint", append(capabilities, "SYS_ADMIN", "SYS_RESOURCE"), 2, "ghcr.io/otwatch/otwatch:v1.2.3"},
	} {
		t.Run(test.values, func(t *testing.T) {
			manifests := rendered[test.values]
			if len(manifests) != test.manifests {
				t.Errorf("%d manifests, want %d", len(manifests), test.manifests)
			}
			c := container(t, manifests)
			for _, arg := range test.args {
				if !slices.Contains(c.Args, arg) {
					t.Errorf("%s is not among its arguments %q", arg, c.Args)
				}
			}
			if slices.ContainsFunc(c.Args, func(arg string) bool { return strings.HasPrefix(arg, test.not) }) {
				t.Errorf("%s is among its arguments %q", test.not, c.Args)
			}
			if got := c.SecurityContext.Capabilities.Add; !slices.Equal(got, test.capabilities) {
				t.Errorf("it has the capabilities %v, want %v", got, test.capabilities)
			}
			if c.Image != test.image {
				t.Errorf("it runs %s", c.Image)
			}
		})
	}
	rule := parse(t, "prometheusrule.yaml", rendered["prometheus"]["prometheusrule.yaml"]).(*monitoring.PrometheusRule)
	if len(rule.Spec.Groups) == 0 || len(rule.Spec.Groups[0].Rules) < 20 || !strings.Contains(rule.Spec.Groups[0].Rules[0].Expr.String(), `"otwatch.probe.lost_total"`) {
		t.Errorf("the rules in UTF-8 begin with %s", rule.Spec.Groups[0].Rules[0].Expr.String())
	}
	settings := parse(t, "settings.yaml", rendered["collector"]["settings.yaml"]).(*core.ConfigMap)
	var file struct{ Targets []map[string]any }
	if err := yaml.Unmarshal([]byte(settings.Data["otwatch.yaml"]), &file); err != nil || len(file.Targets) != 2 || file.Targets[0]["budget"] != "0.2%" {
		t.Errorf("%v: the configuration file is\n%s", err, settings.Data["otwatch.yaml"])
	}
	dashboards := parse(t, "dashboards.yaml", rendered["prometheus"]["dashboards.yaml"]).(*core.ConfigMap)
	if !strings.Contains(dashboards.Data["otwatch.json"], `"panels"`) {
		t.Error("there is no dashboard")
	}
}

// TestBadValues names the value that is wrong.
func TestBadValues(t *testing.T) {
	for _, test := range []struct {
		name   string
		values map[string]any
		says   string
	}{
		{"a value that the chart does not have", map[string]any{"endpont": "x"}, "endpont"},
		{"no share", map[string]any{"budget": "1"}, "budget"},
		{"no form of metrics", map[string]any{"metrics": "some"}, "metrics"},
		{"a port out of range", map[string]any{"port": 70000}, "port"},
		{"a text where a list is wanted", map[string]any{"targets": map[string]any{"pods": "checkout-*"}}, "pods"},
	} {
		if _, err := render(test.values); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestEveryValueIsInTheSchema has the schema refuse a value that the defaults do not have, and
// know those that they have.
func TestEveryValueIsInTheSchema(t *testing.T) {
	content, err := os.ReadFile(chartPath + "/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.UnmarshalStrict(content, &values); err != nil {
		t.Fatal(err)
	}
	for key, value := range values {
		if _, err := render(map[string]any{key: value}); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		inner, _ := value.(map[string]any)
		if len(inner) == 0 || slices.Contains([]string{"resources", "updateStrategy", "nodeSelector"}, key) {
			continue
		}
		if _, err := render(map[string]any{key: map[string]any{"unknown": true}}); err == nil {
			t.Errorf("%s.unknown is accepted", key)
		}
	}
}

// TestManifests checks that the manifests for kubectl are those of the chart.
func TestManifests(t *testing.T) {
	out := filepath.Join(t.TempDir(), "otwatch.yaml")
	if err := run(out); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../kubernetes/otwatch.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("deploy/kubernetes/otwatch.yaml is out of date: run make generate")
	}
}
