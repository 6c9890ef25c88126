//! The commands, one file each: the grammar of its arguments above its parser, then what it does.
//! None of them is known anywhere but in the registry. What several of them share stands in files that no command
//! is called after: `names`, `affected`, `finding`, `results` and others.

pub(crate) use catenate::Part as CatenatePart;
pub(crate) use old_name::Occasion as OldName;

pub(crate) mod acl;
pub(crate) mod affected;
pub(crate) mod append;
pub(crate) mod authenticate;
pub(crate) mod cancel_update;
pub(crate) mod capability;
mod catenate;
pub(crate) mod check;
pub(crate) mod close;
pub(crate) mod compress;
pub(crate) mod copy;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod enable;
pub(crate) mod expunge;
pub(crate) mod fetch;
mod finding;
pub(crate) mod id;
pub(crate) mod idle;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod lsub;
pub(crate) mod metadata;
pub(crate) mod move_messages;
pub(crate) mod names;
pub(crate) mod namespace;
pub(crate) mod noop;
pub(crate) mod notify;
mod old_name;
pub(crate) mod quota;
pub(crate) mod rename;
pub(crate) mod replace;
mod results;
pub(crate) mod search;
pub(crate) mod select;
pub(crate) mod starttls;
pub(crate) mod status;
pub(crate) mod store;
pub(crate) mod subscribe;
pub(crate) mod thread;
pub(crate) mod unauthenticate;
