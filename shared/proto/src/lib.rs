//! The wire between users, control plane and agents, generated from `proto/dhow.proto`, where the
//! comments are the contract. It holds messages and services and no behaviour.

#![allow(missing_docs, clippy::pedantic, unreachable_pub, unused_qualifications)]

tonic::include_proto!("dhow.v1");
