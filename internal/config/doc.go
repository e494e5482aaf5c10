// Package config reads configuration files: YAML with one value for each key. A key may have
// a list of entries with keys of their own; there is no deeper nesting. Every error says in
// which line it is and what was expected. What the keys are, and what their values mean, is
// the caller's business. There is nothing to close.
package config
