package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Paths in the image. Go's crypto/x509 reads the certificates where Debian has them.
const (
	program      = "/usr/bin/otwatch"
	certificates = "etc/ssl/certs/ca-certificates.crt"
)

func main() {
	var out, version, revision string
	var created int64
	flag.StringVar(&out, "out", "", "directory of the layout")
	flag.StringVar(&version, "version", "", "release, such as v1.0.0")
	flag.StringVar(&revision, "revision", "", "commit")
	flag.Int64Var(&created, "created", 0, "time of the commit, in seconds since 1970")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: image -out DIRECTORY -version VERSION -revision COMMIT -created SECONDS ARCHITECTURE=BINARY ...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if out == "" || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	about := labels(version, revision, time.Unix(created, 0))
	if err := build(out, flag.Args(), about, time.Unix(created, 0).UTC()); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// labels describe the image, under the names of the OCI image specification.
func labels(version, revision string, created time.Time) map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":       "otwatch",
		"org.opencontainers.image.description": "What OpenTelemetry costs Go services, measured from outside",
		"org.opencontainers.image.source":      "https://github.com/otwatch/otwatch",
		"org.opencontainers.image.licenses":    "Apache-2.0",
		"org.opencontainers.image.version":     version,
		"org.opencontainers.image.revision":    revision,
		"org.opencontainers.image.created":     created.UTC().Format(time.RFC3339),
	}
}

// build writes the layout. Each binary is given as ARCHITECTURE=PATH, with a GOARCH.
func build(out string, binaries []string, about map[string]string, created time.Time) error {
	index := mutate.IndexMediaType(mutate.Annotations(empty.Index, about).(v1.ImageIndex), types.OCIImageIndex)
	for _, binary := range binaries {
		architecture, path, found := strings.Cut(binary, "=")
		if !found {
			return fmt.Errorf("%q: want ARCHITECTURE=BINARY", binary)
		}
		image, err := imageOf(path, architecture, about, created)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        image,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}},
		})
	}
	_, err := layout.Write(out, index)
	return err
}

// imageOf is the image with the binary of one architecture. It runs as root, whose
// capabilities the runtime limits: Kubernetes gives none to other users.
func imageOf(binary, architecture string, about map[string]string, created time.Time) (v1.Image, error) {
	content, err := layerOf(binary, created)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.Append(image, mutate.Addendum{
		Layer: layer, History: v1.History{Created: v1.Time{Time: created}, CreatedBy: "deploy/image", Comment: program},
	})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", architecture, v1.Time{Time: created}
	config.Config = v1.Config{User: "0:0", Entrypoint: []string{program}, Labels: about, ExposedPorts: map[string]struct{}{"9464/tcp": {}}}
	return mutate.ConfigFile(image, config)
}

// layerOf is the file system of the image as a tar archive: the binary, and the certificates
// that endpoints with TLS are checked against.
func layerOf(binary string, created time.Time) ([]byte, error) {
	content, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, file := range []struct {
		name    string // of a directory with a slash at its end
		mode    int64
		content []byte
	}{
		{"etc/", 0o755, nil}, {"etc/ssl/", 0o755, nil}, {"etc/ssl/certs/", 0o755, nil},
		{certificates, 0o644, authorities()},
		{"usr/", 0o755, nil}, {"usr/bin/", 0o755, nil},
		{program[1:], 0o755, content},
	} {
		header := tar.Header{Typeflag: tar.TypeReg, Name: file.name, Mode: file.mode, Size: int64(len(file.content)), ModTime: created}
		if strings.HasSuffix(file.name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(&header); err != nil {
			return nil, err
		}
		if _, err := w.Write(file.content); err != nil {
			return nil, err
		}
	}
	return archive.Bytes(), w.Close()
}

// authorities are the certificate authorities that Mozilla trusts without constraints, which
// a file cannot express.
func authorities() []byte {
	var file bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&file, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a Buffer does not fail
		}
	}
	return file.Bytes()
}
