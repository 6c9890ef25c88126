//! The commands, one file each: its line of the registry, and what it does.

pub(super) mod apop;
pub(super) mod auth;
pub(super) mod capa;
pub(super) mod dele;
pub(super) mod lang;
pub(super) mod list;
pub(super) mod noop;
pub(super) mod pass;
pub(super) mod quit;
pub(super) mod retr;
pub(super) mod rset;
pub(super) mod stat;
pub(super) mod stls;
pub(super) mod top;
pub(super) mod uidl;
pub(super) mod user;
pub(super) mod utf8;
