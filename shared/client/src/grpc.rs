//! The gRPC far end of the door.
