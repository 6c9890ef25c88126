//! What comes from outside, changed at random: every session answers or closes, none panics, and
//! what is said of a message's structure fits its octets. A few seconds with the other tests; for
//! longer, with seeds of one's own:
//!
//! ```text
//! MAILSPEC_MUTATIONS=100000 cargo test -p reference-server --lib mutations
//! ```

mod corpus;
mod messages;
mod sessions;

use proptest::test_runner::Config;

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
