package export

import "github.com/otwatch/otwatch/internal/target"

// listSchema is the schema of list --output json.
const listSchema = "otwatch.list/v1"

// listed is one process of a list. Why is null for one that can be watched.
type listed struct {
	PID         int     `json:"pid"`
	ServiceName string  `json:"service_name"`
	Exe         string  `json:"exe"`
	GoVersion   string  `json:"go_version"`
	SDKVersion  string  `json:"sdk_version"`
	Why         *string `json:"why"`
}

type processes struct {
	Schema    string   `json:"schema"`
	Processes []listed `json:"processes"`
}

// List is the JSON document for processes that were found.
func List(found []target.Found) any {
	list := processes{listSchema, []listed{}}
	for _, f := range found {
		p := listed{PID: f.PID, ServiceName: f.ServiceName, Exe: f.Exe, GoVersion: f.GoVersion, SDKVersion: f.SDKVersion}
		if f.Err != nil {
			why := target.Reason(f.Err)
			p.Why = &why
		}
		list.Processes = append(list.Processes, p)
	}
	return list
}
