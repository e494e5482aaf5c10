package export

import (
	"cmp"

	"github.com/otwatch/otwatch/internal/target"
)

// listSchema is the schema of list --output json.
const listSchema = "otwatch.list/v1"

// listed is one process of a list.
type listed struct {
	// Process id.
	PID int `json:"pid"`
	// Name of the service, from the environment, the systemd unit or the executable.
	ServiceName string `json:"service_name"`
	// Namespace of its Kubernetes pod. Empty if it runs in none, or that is not known.
	Namespace string `json:"namespace"`
	// Name of its Kubernetes pod. Empty if it runs in none, or that is not known.
	Pod string `json:"pod"`
	// Name of its container. Empty if it runs in none, or that is not known.
	Container string `json:"container"`
	// Path of the executable. Empty if it is not known.
	Exe string `json:"exe"`
	// Go release that built it. Empty if it is not known.
	GoVersion string `json:"go_version"`
	// Version of the OpenTelemetry SDK in it. Empty if it is not known.
	SDKVersion string `json:"sdk_version"`
	// Defects that are known of its OpenTelemetry modules, the most severe first: a CVE, a number
	// in Go's vulnerability database, or a name. See audit.
	KnownIssues []string `json:"known_issues"`
	// Why it cannot be watched. Null if it can be watched.
	Why *string `json:"why"`
}

// processes is the JSON form of a list.
type processes struct {
	// Always "otwatch.list/v1".
	Schema string `json:"schema"`
	// The processes that were found.
	Processes []listed `json:"processes"`
}

// List is the JSON document for processes that were found.
func List(found []target.Found) any {
	list := processes{listSchema, []listed{}}
	for _, f := range found {
		p := listed{
			PID: f.PID, ServiceName: f.ServiceName, Exe: f.Exe, GoVersion: f.GoVersion, SDKVersion: f.SDKVersion,
			Namespace: f.Kubernetes.Namespace, Pod: f.Kubernetes.PodName, Container: cmp.Or(f.Kubernetes.Container, f.ContainerName), KnownIssues: []string{},
		}
		for _, d := range f.Defects {
			p.KnownIssues = append(p.KnownIssues, d.ID)
		}
		if f.Err != nil {
			why := target.Reason(f.Err)
			p.Why = &why
		}
		list.Processes = append(list.Processes, p)
	}
	return list
}
