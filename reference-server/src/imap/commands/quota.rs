//! GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208). Each account has one quota root, for all of its
//! mailboxes.

use crate::imap::failure::Failure;
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode, mailbox_name, string};
use crate::imap::session::{Session, name_of};
use crate::imap::syntax::{Cursor, MailboxArgument, ParseError, Parsed, mailbox};
use crate::store::Quota;

/// The name of the one quota root.
const ROOT: &str = "account";

/// The most resources in one SETQUOTA.
const RESOURCE_LIMIT: usize = 20;

/// See [`get`].
pub(crate) const GETQUOTA: Registered = Registered::new("GETQUOTA", Gate::Authenticated, get).of("QUOTA");

/// See [`get_root`].
pub(crate) const GETQUOTAROOT: Registered =
    Registered::new("GETQUOTAROOT", Gate::Authenticated, get_root).of("QUOTA");

/// See [`set`].
pub(crate) const SETQUOTA: Registered = Registered::new("SETQUOTA", Gate::Authenticated, set).of("QUOTASET");

struct GetQuota {
    root: Vec<u8>,
}

struct GetQuotaRoot(MailboxArgument);

struct SetQuota {
    root: Vec<u8>,
    /// Each with its name in upper case.
    limits: Vec<(String, u64)>,
}

/// ```abnf
/// getquota = "GETQUOTA" SP quota-root-name      ; an astring
/// ```
fn get(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    Ok(Box::new(GetQuota { root: cursor.astring()? }))
}

/// ```abnf
/// getquotaroot = "GETQUOTAROOT" SP mailbox
/// ```
fn get_root(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    Ok(Box::new(GetQuotaRoot(mailbox(cursor)?)))
}

/// ```abnf
/// setquota          = "SETQUOTA" SP quota-root-name SP setquota-list
/// setquota-list     = "(" [setquota-resource *(SP setquota-resource)] ")"
/// setquota-resource = resource-name SP resource-limit      ; an atom, and a number below 2^63
/// ```
fn set(cursor: &mut Cursor<'_>) -> Parsed<Box<dyn Command>> {
    cursor.space()?;
    let root = cursor.astring()?;
    cursor.space()?;
    cursor.expect(b'(', "a list of limits was expected")?;
    let mut limits = Vec::new();
    while !cursor.eat(b')') {
        if !limits.is_empty() {
            cursor.space()?;
        }
        let name = cursor.atom()?.to_ascii_uppercase();
        cursor.space()?;
        limits.push((name, cursor.mod_sequence()?));
        if limits.len() > RESOURCE_LIMIT {
            return Err(ParseError::Limit("too many limits"));
        }
    }
    Ok(Box::new(SetQuota { root, limits }))
}

fn is_root(name: &[u8]) -> Result<(), Failure> {
    match name == ROOT.as_bytes() {
        true => Ok(()),
        false => Err(Reply::no("there is no such quota root").with(ResponseCode::Nonexistent).into()),
    }
}

/// ```abnf
/// quota-response = "QUOTA" SP quota-root-name SP quota-list
/// quota-list     = "(" quota-resource *(SP quota-resource) ")"
/// quota-resource = resource-name SP resource-usage SP resource-limit
/// ```
/// Where nothing is limited the list is empty (section 4.2.1).
async fn tell(session: &mut Session) -> Result<(), Failure> {
    let (quota, usage) = session.store().quota(session.account()?).await?;
    let resources = [
        ("STORAGE", usage.storage, quota.storage),
        ("MESSAGE", usage.messages, quota.messages),
        ("MAILBOX", usage.mailboxes, quota.mailboxes),
    ];
    let limited =
        resources.iter().filter_map(|(name, used, limit)| Some(format!("{name} {used} {}", (*limit)?)));
    let list: Vec<String> = limited.collect();
    session.link.push(format!("* QUOTA \"{ROOT}\" ({})\r\n", list.join(" ")).as_bytes());
    Ok(())
}

impl Command for GetQuota {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            is_root(&self.root)?;
            tell(session).await?;
            Ok(Reply::ok("GETQUOTA completed"))
        })
    }
}

impl Command for GetQuotaRoot {
    /// The mailbox need not exist (section 4.1.2).
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.0)?;
            let mut out = b"* QUOTAROOT ".to_vec();
            mailbox_name(&mut out, name.as_str(), session.names());
            out.push(b' ');
            string(&mut out, ROOT.as_bytes());
            out.extend_from_slice(b"\r\n");
            session.link.push(&out);
            tell(session).await?;
            Ok(Reply::ok("GETQUOTAROOT completed"))
        })
    }
}

impl Command for SetQuota {
    /// What is not named is not limited any more (section 4.1.3).
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            is_root(&self.root)?;
            let mut quota = Quota::default();
            for (name, limit) in self.limits {
                match name.as_str() {
                    "STORAGE" => quota.storage = Some(limit),
                    "MESSAGE" => quota.messages = Some(limit),
                    "MAILBOX" => quota.mailboxes = Some(limit),
                    _ => {
                        let reply = Reply::no("this resource can not be limited here");
                        return Err(reply.with(ResponseCode::Cannot).into());
                    }
                }
            }
            session.store().set_quota(session.account()?, quota).await?;
            tell(session).await?;
            Ok(Reply::ok("SETQUOTA completed"))
        })
    }
}
