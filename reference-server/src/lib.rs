//! The reference mail server of mailspec.

pub mod message;
