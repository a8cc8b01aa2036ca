"""One file a kind of resource, and the few words they share; runs on hosts, so the standard library alone."""
