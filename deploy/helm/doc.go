// Command helm writes the manifests of deploy/kubernetes: what the chart gives with its
// default values. Its tests check the chart with each values file of otwatch/ci. It is a
// module of its own, so that Helm does not come into the product's go.mod.
package main

//go:generate go run . -out ../kubernetes/otwatch.yaml
