//go:build monitoring

package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// prometheus is a Prometheus server with an OTLP receiver and the rules of deploy/prometheus.
type prometheus struct {
	*process
	url       string
	binary    string
	arguments []string
}

// Settings of its OTLP receiver.
const (
	underscores = "translation_strategy: UnderscoreEscapingWithSuffixes"
	utf8Names   = "translation_strategy: NoUTF8EscapingWithSuffixes"
	// promoted makes a label of the service's name, as the OpenTelemetry demo does.
	promoted = underscores + ", promote_resource_attributes: [service.name]"
)

// startPrometheus runs one until the end of the test. It scrapes an otwatch if there is an
// address, and evaluates the rules every two seconds.
func startPrometheus(t *testing.T, binary, otlp, rules, scraped string) *prometheus {
	t.Helper()
	text, err := os.ReadFile(rules)
	if err != nil {
		t.Fatal(err)
	}
	config := "global: {scrape_interval: 1s}\nrule_files: [rules.yaml]\notlp: {" + otlp + "}\n"
	if scraped != "" {
		config += fmt.Sprintf("scrape_configs: [{job_name: otwatch, honor_labels: true, static_configs: [{targets: [%q]}]}]\n", scraped)
	}
	dir, address := t.TempDir(), freeAddress(t)
	for name, content := range map[string]string{
		"prometheus.yaml": config, "rules.yaml": strings.ReplaceAll(string(text), "interval: 1m\n", "interval: 2s\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := &prometheus{url: "http://" + address, binary: binary, arguments: []string{
		"--config.file", filepath.Join(dir, "prometheus.yaml"), "--storage.tsdb.path", filepath.Join(dir, "data"),
		"--web.listen-address", address, "--web.enable-otlp-receiver", "--log.level", "warn",
	}}
	p.run(t)
	return p
}

// run starts the server, with what it has stored.
func (p *prometheus) run(t *testing.T) {
	t.Helper()
	p.process = start(t, false, nil, p.binary, p.arguments...)
	p.until(t, "Prometheus is ready", func() bool {
		response, err := http.Get(p.url + "/-/ready")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// kill ends the server without a warning.
func (p *prometheus) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.ended
}

// sampleOf is one series of the result of a query.
type sampleOf struct {
	labels map[string]string
	value  float64
}

// query evaluates a query at a time.
func (p *prometheus) query(t *testing.T, text string, at time.Time) []sampleOf {
	t.Helper()
	form := url.Values{"query": {text}, "time": {strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64)}}
	response, err := http.PostForm(p.url+"/api/v1/query", form)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Error string
		Data  struct {
			ResultType string
			Result     json.RawMessage
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if answer.Error != "" || answer.Data.ResultType != "vector" {
		t.Fatalf("%s: %s, %s", text, answer.Data.ResultType, answer.Error)
	}
	var result []struct {
		Metric map[string]string
		Value  [2]any
	}
	if err := json.Unmarshal(answer.Data.Result, &result); err != nil {
		t.Fatal(err)
	}
	var samples []sampleOf
	for _, r := range result {
		number, _ := r.Value[1].(string)
		value, err := strconv.ParseFloat(number, 64)
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, sampleOf{r.Metric, value})
	}
	return samples
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
