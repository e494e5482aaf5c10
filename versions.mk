# Versions of what builds and checks otwatch, in one place: the Makefile,
# vagrant/provision.sh and vagrant/Vagrantfile read them here. Go modules'
# versions are go.mod's.
CLANG       ?= clang
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
DEADCODE    := golang.org/x/tools/cmd/deadcode@v0.52.0
CYCLONEDX   := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
NFPM        := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2
GOTESTSUM   := gotest.tools/gotestsum@v1.13.0

# The Go release that fuzzes. Those before go1.27 call it a failure, now and then,
# that their time is over (go.dev/issue/75804).
FUZZ_TOOLCHAIN := go1.27.4

# The compiler whose BPF objects are committed. They are compared by bytes.
CLANG_MAJOR := 14

# The Go release of CI, and the SHA-256 of its archives at go.dev/dl.
GO_VERSION      := 1.26.8
GO_SHA256_amd64 := d0f743b33e8d8945e6b1f432edd15785c70507121d6e2a723b21285eddf8b57b
GO_SHA256_arm64 := 211ffced9dcb9633a55eac6364816ec0ddd951389a740e88fa8b3337971bdda0

# Machines of vagrant/Vagrantfile, a row each: the machine's name, the box.
BOX_debian11   := bento/debian-11
BOX_debian12   := bento/debian-12
BOX_debian13   := bento/debian-13
BOX_ubuntu2204 := bento/ubuntu-22.04
BOX_ubuntu2404 := bento/ubuntu-24.04
BOX_fedora     := bento/fedora-latest
BOX_rocky9     := bento/rockylinux-9
