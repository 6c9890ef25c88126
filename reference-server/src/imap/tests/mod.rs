//! Whole sessions over in-memory pipes: what a client sends, what it gets.

mod acl;
mod append;
mod authentication;
mod binary;
mod catenate;
mod codes;
mod connection;
mod deviations;
mod expunging;
mod extended;
mod fetching;
mod framing;
mod harness;
mod known;
mod listing;
mod mailboxes;
mod objects;
mod ordering;
mod quota;
mod rev2;
mod searching;
mod selecting;
mod sequences;
mod storing;
mod updates;
mod utf8;
