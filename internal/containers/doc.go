// Package containers names the containers of this machine: by their pods in Kubernetes, and
// as Docker or Podman call them. It asks the container runtimes, where their sockets can be
// reached, and otherwise reads the names of the kubelet's log files. It never asks the
// cluster's API server.
package containers
