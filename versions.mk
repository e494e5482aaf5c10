# Versions of the tools that build and check otwatch, in one place.
# Go modules' versions are go.mod's.
CLANG       ?= clang
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
