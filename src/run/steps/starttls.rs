//! `starttls`: the command, its positive answer, and the handshake; preconditions.

use std::sync::Arc;

use super::served;
use super::talk::{imap, pop3, smtp};
use crate::run::halt::{Cause, Halt};
use crate::run::stage::Stage;
use crate::script::model::{Presented, Protocol, Signer, StartTls, Step, TlsVersion, TlsWish};
use crate::wire::{ClientIdentity, ClientTls, OnlyVersion, Side, TlsSetupError};

/// Does the step.
pub(super) async fn start_tls(
    stage: &mut Stage,
    step: &Step,
    how: StartTls,
    wish: Option<&TlsWish>,
) -> Result<(), Halt> {
    if stage.session(&step.on)?.connection.side() == Side::Server {
        return served::start_tls(stage, step, how).await;
    }
    if let Some(wish) = wish {
        stage.session(&step.on)?.tls = wish.clone();
    }
    match how {
        StartTls::Command => command(stage, step, &step.on).await,
        StartTls::HandshakeOnly => handshake(stage, step, &step.on).await,
    }
}

/// STARTTLS (RFC 3207, section 4; RFC 3501, section 6.2.1) or STLS (RFC 2595, section 4), and
/// the handshake.
pub(super) async fn command(stage: &mut Stage, step: &Step, name: &str) -> Result<(), Halt> {
    match stage.session(name)?.protocol() {
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => {
            smtp::command(stage, step, name, "STARTTLS", 2).await?;
        }
        Protocol::Pop3 => {
            pop3::command(stage, step, name, "STLS").await?;
        }
        Protocol::Imap => imap::command(stage, step, name, "STARTTLS").await?,
    }
    handshake(stage, step, name).await
}

async fn handshake(stage: &mut Stage, step: &Step, name: &str) -> Result<(), Halt> {
    let tls = stage.session(name)?.trust.clone();
    let tls = tls.ok_or_else(|| Halt::Error("the target's profile says nothing of TLS".to_owned()))?;
    let deadline = stage.wait(step.within).deadline;
    let wish = stage.session(name)?.tls.clone();
    let tls = asking(stage, &tls, &wish)?;
    let session = stage.session(name)?;
    match session.connection.start_tls(&tls, deadline).await {
        Ok(before) => {
            session.begin_anew();
            if before > 0 {
                let text = format!("{before} octets came in plaintext before the handshake");
                stage.evidence.recorder().note(name, text);
            }
            Ok(())
        }
        Err(error) => {
            let line = stage.place(step.span);
            // Whom to trust is the profile's word, and may be wrong.
            if error.is_distrust() {
                return Err(Halt::Error(format!("{line}: {error}")));
            }
            Err(Halt::Blocked { reason: format!("{line}: {error}"), cause: Cause::Silence })
        }
    }
}

/// The profile's TLS as the script wants it on this connection.
pub(super) fn asking(stage: &Stage, tls: &ClientTls, wish: &TlsWish) -> Result<ClientTls, Halt> {
    if *wish == TlsWish::default() {
        return Ok(tls.clone());
    }
    let only = wish.version.map(|version| match version {
        TlsVersion::V12 => OnlyVersion::Tls12,
        TlsVersion::V13 => OnlyVersion::Tls13,
    });
    let failed = |error: TlsSetupError| Halt::Error(error.to_string());
    let tls = tls.asking(only, wish.name.as_deref()).map_err(failed)?;
    let Some(Presented { account: name, signer }) = &wish.certificate else { return Ok(tls) };
    let (account, _) = stage.account(name)?;
    let identity = match signer {
        Signer::Itself => Some(Arc::new(ClientIdentity::self_signed(&account.address).map_err(failed)?)),
        Signer::Authority => account.certificate,
    };
    let identity =
        identity.ok_or_else(|| Halt::Error(format!("the target gives `{name}` no client certificate")))?;
    tls.presenting(identity).map_err(failed)
}
