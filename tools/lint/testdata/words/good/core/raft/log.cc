// TODO(#12): repair from peers.
// Paths of the product: /etc/graphdb/config.yaml, framework/work/x.
