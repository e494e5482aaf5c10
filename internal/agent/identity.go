package agent

import (
	"strings"

	"github.com/otwatch/otwatch/internal/gobinary"
	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
	"github.com/otwatch/otwatch/internal/target"
	"github.com/otwatch/otwatch/internal/untrusted"
)

// identity is what identifies a target: its properties in /proc and, once it has been read
// from a span, the Resource of its SDK.
type identity struct {
	target   snapshot.Target
	sends    func() bool // whether the program can send metrics of its own
	examined bool        // a processor has been examined
	samplers samplers
}

func newIdentity(p *target.Process, configured []string) *identity {
	i := &identity{target: snapshot.Target{
		PID: p.PID, StartTicks: p.StartTicks, Exe: p.Exe, ServiceName: p.ServiceName, ContainerID: p.ContainerID, ContainerName: p.ContainerName,
		GoVersion: p.Binary.GoVersion, SDKVersion: p.Binary.SDKVersion, Arch: p.Binary.Arch, BuildID: p.Binary.BuildID,
		Stripped: p.Binary.Stripped, PIE: p.Binary.PIE, Configured: configured, Ignored: p.Ignored(), Memory: p.Memory,
		Cgroup: p.Cgroup, Kubernetes: p.Kubernetes, PodLabels: p.PodLabels, Resource: p.Resource, Environment: p.Environment(), Modules: target.Modules(p.Binary.Description),
	}}
	i.target.Linked, _ = target.Linked(p.Binary) // what cannot be looked up is not blamed
	file := p.ConfigurationFile()
	i.target.ConfigurationFile, i.target.FileSchema = file.Variable, file.Schema
	i.target.Options, _ = p.Binary.Options() // without them, it is not known which options the code sets
	i.sends = func() bool { return sendsMetrics(p.Binary) }
	i.target.SelfObserved = p.SelfObserved && i.sends()
	return i
}

// metricSenders are linked into every program that sends or serves the metrics of
// the OpenTelemetry SDK.
var metricSenders = []string{
	"go.opentelemetry.io/otel/sdk/metric.(*PeriodicReader).collectAndExport",
	"go.opentelemetry.io/otel/exporters/prometheus.(*collector).Collect",
}

func sendsMetrics(b *gobinary.Binary) bool {
	found, err := b.Functions(metricSenders...)
	return err == nil && len(found) > 0
}

// addSightings looks for a Resource in the spans that processors were handed.
func (i *identity) addSightings(sightings []probes.Sighting, isSnapshot func(itab uint64) bool, read func(address uint64) (snapshot.Resource, error)) {
	for _, s := range sightings {
		if i.target.ResourceRead || s.Resource == 0 || !isSnapshot(s.Itab) {
			continue
		}
		if resource, err := read(s.Resource); err == nil {
			i.target.Resource, i.target.ResourceRead = resource, true
			i.rename(resource.Get("service.name"))
		}
	}
}

// rename takes the service's name from its Resource, unless it is the SDK's default, which
// is less than otwatch knows.
func (i *identity) rename(service string) {
	if service != "" && !strings.HasPrefix(service, "unknown_service") {
		i.target.ServiceName = untrusted.Text(service, untrusted.MaxName)
	}
}

// addProcessor takes from a processor whether it counts for metrics of its own, whatever the
// environment says.
func (i *identity) addProcessor(p memory.Processor) {
	observed := p.SelfObserved && i.sends()
	i.target.SelfObserved = observed || i.examined && i.target.SelfObserved
	i.examined = true
}
