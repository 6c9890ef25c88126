//! Matching: does what came fit what the script expects? One file an expectation kind.
