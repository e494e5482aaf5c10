package export

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// certified reports whether the environment has certificates for TLS.
func certified() bool {
	for _, name := range []string{"CERTIFICATE", "CLIENT_CERTIFICATE"} {
		if _, file := variable(name); file != "" {
			return true
		}
	}
	return false
}

// tlsConfig has the certificates of the environment: the authorities that receivers are
// verified by, and the client's own for mutual TLS.
func tlsConfig() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if name, file := variable("CERTIFICATE"); file != "" {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(content) {
			return nil, fmt.Errorf("%s: %s has no certificate; want PEM", name, file)
		}
	}
	certName, certFile := variable("CLIENT_CERTIFICATE")
	keyName, keyFile := variable("CLIENT_KEY")
	if certFile == "" && keyFile == "" {
		return config, nil
	}
	if certFile == "" || keyFile == "" {
		return nil, errors.New("set both OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY, or neither")
	}
	own, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", certName, keyName, err)
	}
	config.Certificates = []tls.Certificate{own}
	return config, nil
}
