package agent

import (
	"errors"
	"testing"

	"github.com/otwatch/otwatch/internal/memory"
	"github.com/otwatch/otwatch/internal/probes"
	"github.com/otwatch/otwatch/internal/snapshot"
)

func TestIdentityIsReadFromASpan(t *testing.T) {
	const itab, other = 7, 8
	named := func(name string) snapshot.Resource {
		return snapshot.Resource{Attributes: []snapshot.Attribute{{Key: "service.name", Type: snapshot.String, Values: []string{name}}}}
	}
	resources := map[uint64]snapshot.Resource{1: named("orders"), 2: named("billing"), 3: named("unknown_service:app")}
	read := func(address uint64) (snapshot.Resource, error) {
		if r, ok := resources[address]; ok {
			return r, nil
		}
		return snapshot.Resource{}, errors.New("unreadable")
	}
	for _, test := range []struct {
		name      string
		sightings []probes.Sighting
		want      string
		read      bool
	}{
		{"an export, which shows no span", []probes.Sighting{{}}, "app", false},
		{"a span of another type", []probes.Sighting{{Itab: other, Resource: 1}}, "app", false},
		{"the first provider's", []probes.Sighting{{Itab: itab, Resource: 1}, {Itab: itab, Resource: 2}}, "orders", true},
		{"what cannot be read", []probes.Sighting{{Itab: itab, Resource: 9}, {Itab: itab, Resource: 2}}, "billing", true},
		{"a name that says less", []probes.Sighting{{Itab: itab, Resource: 3}}, "app", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := identity{target: snapshot.Target{ServiceName: "app"}}
			i.addSightings(test.sightings, func(seen uint64) bool { return seen == itab }, read)
			if i.target.ServiceName != test.want || i.target.ResourceRead != test.read {
				t.Errorf("%+v, want the service %s", i.target, test.want)
			}
		})
	}
}

func TestSelfObservation(t *testing.T) {
	on, off := memory.Processor{SelfObserved: true}, memory.Processor{}
	for _, test := range []struct {
		name       string
		environ    bool // the environment switches it on
		sends      bool
		processors []memory.Processor
		want       bool
	}{
		{"by the environment, before a processor is seen", true, true, nil, true},
		{"the environment changed since", true, true, []memory.Processor{off}, false},
		{"by a processor", false, true, []memory.Processor{on}, true},
		{"by one of two", false, true, []memory.Processor{on, off}, true},
		{"by a program that cannot send metrics", false, false, []memory.Processor{on}, false},
	} {
		i := identity{target: snapshot.Target{SelfObserved: test.environ}, sends: func() bool { return test.sends }}
		for _, p := range test.processors {
			i.addProcessor(p)
		}
		if i.target.SelfObserved != test.want {
			t.Errorf("%s: %v, want %v", test.name, i.target.SelfObserved, test.want)
		}
	}
}
