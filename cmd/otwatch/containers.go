package main

import (
	"fmt"
	"log/slog"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/containers"
)

func runtimeFlag() cli.Flag {
	return &cli.StringFlag{
		Name:        "runtime-endpoint",
		EnvVars:     []string{"CONTAINER_RUNTIME_ENDPOINT"},
		Usage:       "take the names of pods from the container runtime on this `SOCKET`",
		DefaultText: "the sockets of containerd, k3s, CRI-O, Docker and Podman",
	}
}

// containerNames is what the containers of this machine are called.
func containerNames(socket string, log *slog.Logger) (*containers.Directory, error) {
	names, err := containers.New(socket, log)
	if err != nil {
		return nil, usageError(fmt.Errorf("--runtime-endpoint %w", err))
	}
	return names, nil
}
