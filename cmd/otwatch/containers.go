package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/otwatch/otwatch/internal/containers"
)

func runtimeFlag() cli.Flag {
	return &cli.StringFlag{
		Name:        "runtime-endpoint",
		Usage:       "take the names of pods from the container runtime on this `SOCKET`",
		DefaultText: "CONTAINER_RUNTIME_ENDPOINT, or the sockets of containerd, k3s, CRI-O, Docker and Podman",
	}
}

// containerNames is what the containers of this machine are called.
func containerNames(socket string, log *slog.Logger) (*containers.Directory, error) {
	names, err := containers.New(cmp.Or(socket, os.Getenv("CONTAINER_RUNTIME_ENDPOINT")), log)
	if err != nil {
		return nil, usageError(fmt.Errorf("--runtime-endpoint %w", err))
	}
	return names, nil
}
