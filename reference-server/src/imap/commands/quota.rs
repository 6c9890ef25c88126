//! GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208). Each account has one quota root, for all of its
//! mailboxes, whoever puts something into them. Those who may read one of these may know it (section 6).

use crate::imap::failure::Failure;
use crate::imap::naming::{name_of, resolve};
use crate::imap::registry::{Command, Gate, Registered, Running};
use crate::imap::response::{Reply, ResponseCode, mailbox_name, string};
use crate::imap::session::Session;
use crate::imap::syntax::{Cursor, MailboxArgument, ParseError, Parsed, mailbox};
use crate::store::{AccountId, Quota, Rights, Visible};

/// The name of the quota root of one's own mailboxes.
const ROOT: &str = "account";

/// What stands before the user in the name of the quota root of another user's.
const ROOT_OF: &str = "account of ";

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

/// Whose quota root this is, as far as the session may know of it.
async fn owner(session: &mut Session, root: &[u8]) -> Result<AccountId, Failure> {
    let by = session.account()?;
    let Some(user) = std::str::from_utf8(root).ok().and_then(|root| root.strip_prefix(ROOT_OF)) else {
        return is_root(root).map(|()| by);
    };
    let account = session.context.shared.authenticator.resolve(user).await.map_err(Failure::from)?;
    let visible = session.store().visible(by).await?;
    let readable = |seen: &&Visible| seen.owner.is_some() && seen.rights.has(Rights::READ);
    let owners: Vec<AccountId> = visible.iter().filter(readable).map(|seen| seen.mailbox.owner).collect();
    match account {
        Some(account) if owners.contains(&account.id) => Ok(account.id),
        _ => is_root(root).map(|()| by),
    }
}

/// ```abnf
/// quota-response = "QUOTA" SP quota-root-name SP quota-list
/// quota-list     = "(" quota-resource *(SP quota-resource) ")"
/// quota-resource = resource-name SP resource-usage SP resource-limit
/// ```
/// Where nothing is limited the list is empty (section 4.2.1).
async fn tell(session: &mut Session, root: &[u8], owner: AccountId) -> Result<(), Failure> {
    let (quota, usage) = session.store().quota(owner).await?;
    let resources = [
        ("STORAGE", usage.storage, quota.storage),
        ("MESSAGE", usage.messages, quota.messages),
        ("MAILBOX", usage.mailboxes, quota.mailboxes),
    ];
    let limited =
        resources.iter().filter_map(|(name, used, limit)| Some(format!("{name} {used} {}", (*limit)?)));
    let list: Vec<String> = limited.collect();
    let mut out = b"* QUOTA ".to_vec();
    string(&mut out, root);
    out.extend_from_slice(format!(" ({})\r\n", list.join(" ")).as_bytes());
    session.link.push(&out);
    Ok(())
}

impl Command for GetQuota {
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let owner = owner(session, &self.root).await?;
            tell(session, &self.root, owner).await?;
            Ok(Reply::ok("GETQUOTA completed"))
        })
    }
}

impl Command for GetQuotaRoot {
    /// The mailbox need not exist (section 4.1.2). Another user's has to, and to be open to be read, since
    /// its quota tells how much is in it (section 6).
    fn run<'s>(self: Box<Self>, session: &'s mut Session) -> Running<'s> {
        Box::pin(async move {
            let name = name_of(&self.0)?;
            let mut out = b"* QUOTAROOT ".to_vec();
            mailbox_name(&mut out, name.as_str(), session.names());
            out.push(b' ');
            let (mut owner, mut root) = (session.account()?, ROOT.to_owned());
            if let Some((user, _)) = name.of_other() {
                let named = resolve(session, &name).await?;
                session.store().status(&named).await?;
                (owner, root) = (named.owner, format!("{ROOT_OF}{user}"));
            }
            string(&mut out, root.as_bytes());
            out.extend_from_slice(b"\r\n");
            session.link.push(&out);
            tell(session, root.as_bytes(), owner).await?;
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
            let account = session.account()?;
            session.store().set_quota(account, quota).await?;
            tell(session, &self.root, account).await?;
            Ok(Reply::ok("SETQUOTA completed"))
        })
    }
}
