package main

import (
	"archive/tar"
	"crypto/x509"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// built builds an image of two small binaries.
func built(t *testing.T) v1.ImageIndex {
	t.Helper()
	created := time.Unix(1_790_000_000, 0).UTC()
	var binaries []string
	for _, architecture := range []string{"amd64", "arm64"} {
		path := filepath.Join(t.TempDir(), "otwatch")
		if err := os.WriteFile(path, []byte("program of "+architecture), 0o600); err != nil {
			t.Fatal(err)
		}
		binaries = append(binaries, architecture+"="+path)
	}
	out := t.TempDir()
	if err := build(out, binaries, labels("v1.2.3", "0123abcd", created), created); err != nil {
		t.Fatal(err)
	}
	index, err := layout.ImageIndexFromPath(out)
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func TestImage(t *testing.T) {
	index := built(t)
	if err := validate.Index(index); err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Manifests) != 2 {
		t.Fatalf("%d images", len(manifest.Manifests))
	}
	for i, architecture := range []string{"amd64", "arm64"} {
		if p := manifest.Manifests[i].Platform; p == nil || p.OS != "linux" || p.Architecture != architecture {
			t.Errorf("image %d is for %v", i, p)
		}
		image, err := index.Image(manifest.Manifests[i].Digest)
		if err != nil {
			t.Fatal(err)
		}
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if media, _ := image.MediaType(); media != types.OCIManifestSchema1 {
			t.Errorf("its manifest is a %s", media)
		}
		if config.Architecture != architecture || !slices.Equal(config.Config.Entrypoint, []string{"/usr/bin/otwatch"}) ||
			config.Config.Labels["org.opencontainers.image.version"] != "v1.2.3" {
			t.Errorf("its configuration is %+v", config)
		}
		got := files(t, image)
		if got["usr/bin/otwatch"] != "program of "+architecture || len(got) != 7 {
			t.Errorf("it has the files %v", slices.Collect(maps.Keys(got)))
		}
		if !x509.NewCertPool().AppendCertsFromPEM([]byte(got["etc/ssl/certs/ca-certificates.crt"])) {
			t.Error("it has no certificate authorities")
		}
	}
}

// files are the files of an image's only layer, with their content.
func files(t *testing.T, image v1.Image) map[string]string {
	t.Helper()
	layers, err := image.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	found := map[string]string{}
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Gid != 0 || header.Mode&^0o755 != 0 {
			t.Errorf("%s belongs to %d:%d with mode %o", header.Name, header.Uid, header.Gid, header.Mode)
		}
		found[header.Name] = string(text)
	}
}

// TestImageIsReproducible builds twice and wants the same bytes.
func TestImageIsReproducible(t *testing.T) {
	first, err := built(t).Digest()
	if err != nil {
		t.Fatal(err)
	}
	second, err := built(t).Digest()
	if err != nil {
		t.Fatal(err)
	}
	if first != second {
		t.Errorf("%s and %s", first, second)
	}
}

func TestBadBinaries(t *testing.T) {
	for _, binaries := range [][]string{{"amd64"}, {"amd64=/nonexistent"}} {
		if err := build(t.TempDir(), binaries, nil, time.Time{}); err == nil {
			t.Errorf("%v: no error", binaries)
		}
	}
}
