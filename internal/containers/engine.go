package containers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// engine is Docker, or another runtime with Docker's interface, such as Podman.
type engine struct {
	socket string
}

func (e engine) String() string { return e.socket }

// list asks for the containers that run.
// Source: Docker Engine API, GET /containers/json, of all versions.
func (e engine) list(ctx context.Context) (map[string]Names, error) {
	if err := checkSocket(e.socket); err != nil {
		return nil, err
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "unix", e.socket)
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/containers/json", nil)
	if err != nil {
		return nil, err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", response.Status)
	}
	var containers []struct {
		ID     string `json:"Id"`
		Names  []string
		Labels map[string]string
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&containers); err != nil {
		return nil, fmt.Errorf("its answer is not a list of containers: %w", err)
	}
	named := make(map[string]Names, len(containers))
	for _, c := range containers {
		var names Names
		if len(c.Names) > 0 {
			names.Container = strings.TrimPrefix(c.Names[0], "/")
		}
		if pod := c.Labels[podNameLabel]; pod != "" { // cri-dockerd runs pods in Docker
			names = Names{
				Container: c.Labels[containerNameLabel],
				Pod:       Pod{UID: c.Labels[podUIDLabel], Name: pod, Namespace: c.Labels[podNamespaceLabel]},
			}
		}
		named[c.ID] = names
	}
	return named, nil
}
