//! Tells cargo that the suites are part of the binary: a new or changed one builds it again.

fn main() {
    println!("cargo::rerun-if-changed=suites");
}
