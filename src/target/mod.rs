//! What is tested: profile, lifecycle, account leases, capability probe, rulings.

pub mod client;
