package serve

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v2"
	"golang.org/x/crypto/bcrypt"
)

// checkWebConfig refuses a file that could not be served with, naming the line. The toolkit
// checks the same, but only when it begins to serve, and without the line. secure says that
// the file has a certificate.
func checkWebConfig(path string) (secure bool, err error) {
	if path == "" {
		return false, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return false, fmt.Errorf("%w: --web.config.file: %w", ErrConfig, err)
	}
	refuse := func(line int, err error) (bool, error) {
		at := path
		if line > 0 {
			at = fmt.Sprintf("%s:%d", path, line)
		}
		return false, fmt.Errorf("%w: --web.config.file: %s: %w", ErrConfig, at, err)
	}
	var config web.Config
	if err := yaml.UnmarshalStrict(content, &config); err != nil {
		return refuse(lineIn(err.Error()), withoutLine(err))
	}
	for user, hash := range config.Users {
		if _, err := bcrypt.Cost([]byte(hash)); err != nil {
			return refuse(lineOf(content, user), fmt.Errorf("the password of %s is not hashed with bcrypt (htpasswd -nBC 10 \"\"): %w", user, err))
		}
	}
	config.TLSConfig.SetDirectory(filepath.Dir(path))
	if secure = config.TLSConfig.IsEnabled(); secure {
		if _, err := web.ConfigToTLSConfig(&config.TLSConfig); err != nil {
			return refuse(lineOfTLS(content, config.TLSConfig, err), err)
		}
	}
	if err := web.Validate(path); err != nil {
		return refuse(lineOfText(content, err.Error()), err)
	}
	return secure, nil
}

// yamlLine is where package yaml says the line, as in
//
//	yaml: unmarshal errors:
//	  line 3: field tls_config not found in type web.Config
var yamlLine = regexp.MustCompile(`line (\d+): `)

// lineIn is the line that an error of package yaml names, or 0.
func lineIn(text string) (line int) {
	if match := yamlLine.FindStringSubmatch(text); match != nil {
		_, _ = fmt.Sscan(match[1], &line) // digits
	}
	return line
}

// withoutLine is an error of package yaml in one line, without the number of the line.
func withoutLine(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:\n")
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	text = yamlLine.ReplaceAllString(text, "")
	return errors.New(strings.TrimSuffix(text, " in type web.Config"))
}

// lineOf is the number of the line that has a key, or 0.
func lineOf(content []byte, key string) int {
	lines := bufio.NewScanner(bytes.NewReader(content))
	for n := 1; lines.Scan(); n++ {
		name, _, found := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		if found && strings.Trim(name, `"'`) == key {
			return n
		}
	}
	return 0
}

// lineOfTLS is the line of the key that an error about TLS concerns.
func lineOfTLS(content []byte, config web.TLSConfig, err error) int {
	text := err.Error()
	for key, value := range map[string]string{"client_ca_file": config.ClientCAs, "key_file": config.TLSKeyPath, "cert_file": config.TLSCertPath, "client_auth_type": config.ClientAuth} {
		if value != "" && strings.Contains(text, value) {
			return lineOf(content, key)
		}
	}
	return cmp.Or(lineOfText(content, text), lineOf(content, "cert_file"), lineOf(content, "tls_server_config"))
}

// lineOfText is the line of the key that a text names.
func lineOfText(content []byte, text string) int {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(` :"'(),`, r) })
	lines := bufio.NewScanner(bytes.NewReader(content))
	for n := 1; lines.Scan(); n++ {
		name, _, found := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		if found && name != "" && slices.Contains(words, strings.Trim(name, `"'`)) {
			return n
		}
	}
	return 0
}
