//! What comes from outside, changed at random: every session answers or closes, none panics, and
//! what is said of a message's structure fits its octets. A few seconds with the other tests; for
//! longer, with seeds of one's own:
//!
//! ```text
//! MAILSPEC_MUTATIONS=100000 cargo test -p reference-server --lib mutations
//! ```
//!
//! Each run of sessions says from which seed its changes came; `MAILSPEC_MUTATIONS_SEED` gives it one.

mod corpus;
mod messages;
mod sessions;

use std::hash::{BuildHasher, RandomState};

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// How many rounds are run where nothing else is asked for.
const ROUNDS: u32 = 150;

/// The configuration of each of these tests. A case that was found stands in the message of the
/// failure; it becomes a test by hand.
fn config() -> Config {
    let rounds = std::env::var("MAILSPEC_MUTATIONS").ok().and_then(|rounds| rounds.parse().ok());
    Config {
        cases: rounds.unwrap_or(ROUNDS),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    }
}

/// A runner with that configuration; it says its seed.
fn runner() -> TestRunner {
    let given = std::env::var("MAILSPEC_MUTATIONS_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = given.unwrap_or_else(|| RandomState::new().hash_one(0));
    println!("MAILSPEC_MUTATIONS_SEED={seed}");
    let octets: Vec<u8> = seed.to_le_bytes().repeat(4);
    TestRunner::new_with_rng(config(), TestRng::from_seed(RngAlgorithm::ChaCha, &octets))
}
