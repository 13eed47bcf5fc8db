//! The sandbox as its clients see it: through the proxy, over TLS, at Azure's own addresses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod acceptance;
mod access;
mod blob_leases;
mod clouds;
mod connections;
mod data_plane;
mod datastores;
mod faults;
mod key_vault;
mod leaks;
mod outside;
mod proxy;
mod shared_access;
mod storage_accounts;
mod support;
mod workspaces;
mod world;
