package subject

import "path/filepath"

// etcd is a cluster of one, which is asked through its gateway and traces every request.
func etcd(r Run) (args, env []string, err error) {
	client, peer := "http://"+r.Address, "http://"+r.Peer
	args = []string{
		"--data-dir", filepath.Join(r.Dir, "data"), "--log-level", "fatal", "--unsafe-no-fsync",
		"--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer,
	}
	if !r.Untraced {
		args = append(args, "--enable-distributed-tracing", "--distributed-tracing-address", r.GRPC, "--distributed-tracing-sampling-rate", "1000000")
	}
	return args, nil, nil
}
