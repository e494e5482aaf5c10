package export

import (
	"testing"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/otwatch/otwatch/internal/analyzer"
)

func TestUnnamedServiceIsNamedAfterItsExecutable(t *testing.T) {
	set := targetResource(analyzer.Target{PID: 1, Exe: "/opt/bin/app"}, "h").Set()
	if got, _ := set.Value(semconv.ServiceNameKey); got.AsString() != "unknown_service:app" {
		t.Errorf("service.name is %q", got.AsString())
	}
	if set.HasValue(semconv.ContainerIDKey) {
		t.Error("a process outside of containers has a container.id")
	}
}

func TestInstanceIDTellsProcessesApart(t *testing.T) {
	same, pid, host := instanceID(7, "a"), instanceID(8, "a"), instanceID(7, "b")
	if same != instanceID(7, "a") {
		t.Error("one process has two ids")
	}
	if same == pid || same == host {
		t.Error("two processes have one id")
	}
}
