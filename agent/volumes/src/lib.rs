//! What a pod mounts; one file a source. It knows no container and no network.
