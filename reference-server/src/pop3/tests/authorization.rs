//! Before login: USER and PASS, AUTH, STLS, the lock (RFC 1939, section 4).

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncReadExt;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};

use super::harness::World;
use crate::limits::PlaintextAuthentication;
use crate::net::{ClientCertificates, identity};
use crate::store::Storage;

/// What is offered where passwords are not kept.
const SASL: &str = "SASL SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN";

#[tokio::test]
async fn user_and_pass_open_the_maildrop() {
    let world = World::new().await;
    world.deliver(b"Subject: one\r\n\r\n").await;
    let mut client = world.connect().await;
    client.ok("user ALICE@example.test").await;
    client.ok("pass alice secret").await;
    assert_eq!(client.ok("STAT").await, "+OK 1 16");
}

#[tokio::test]
async fn a_wrong_password_is_the_credentials_fault_and_a_right_one_works_after_it() {
    let world = World::new().await;
    let mut client = world.connect().await;
    for (user, password) in [("alice", "wrong"), ("nobody", "alice secret"), ("alice", "alice secret ")] {
        client.ok(&format!("USER {user}")).await;
        let refusal = client.err(&format!("PASS {password}")).await;
        assert!(refusal.starts_with("-ERR [AUTH] "), "{refusal}");
    }
    client.err("STAT").await;
    client.ok("USER alice").await;
    client.ok("PASS alice secret").await;
}

#[tokio::test]
async fn pass_comes_directly_after_user_or_not_at_all() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client.err("PASS alice secret").await;
    client.ok("USER alice").await;
    client.ok("CAPA").await;
    client.payload().await;
    client.err("PASS alice secret").await;
    client.ok("USER alice").await;
    client.err("XYZZY").await;
    client.err("PASS alice secret").await;
}

#[tokio::test]
async fn commands_have_their_states() {
    let world = World::new().await;
    let mut client = world.connect().await;
    for line in ["STAT", "LIST", "RETR 1", "DELE 1", "NOOP", "RSET", "TOP 1 1", "UIDL"] {
        client.err(line).await;
    }
    let mut client = world.login().await;
    for line in ["USER alice", "PASS alice secret", "STLS", "AUTH PLAIN"] {
        client.err(line).await;
    }
    client.ok("NOOP").await;
}

#[tokio::test]
async fn a_second_session_finds_the_maildrop_in_use() {
    let world = World::new().await;
    let mut first = world.login().await;
    let mut second = world.connect().await;
    second.ok("USER alice").await;
    let refusal = second.err("PASS alice secret").await;
    assert!(refusal.starts_with("-ERR [IN-USE] "), "{refusal}");
    second.ok("USER alice").await;
    let refusal = second.err("PASS wrong").await;
    assert!(refusal.starts_with("-ERR [AUTH] "), "{refusal}");
    first.ok("QUIT").await;
    second.ok("USER alice").await;
    second.ok("PASS alice secret").await;
}

#[tokio::test]
async fn a_dropped_connection_frees_the_lock() {
    let world = World::new().await;
    world.login().await.drop_connection().await;
    world.login().await;
}

fn plain(text: &str) -> String {
    STANDARD.encode(text)
}

#[tokio::test]
async fn auth_plain_takes_an_initial_response_or_asks_for_one() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client.ok(&format!("auth plain {}", plain("\0alice\0alice secret"))).await;
    client.err("AUTH PLAIN =").await;
    client.ok("QUIT").await;
    let mut client = world.connect().await;
    assert_eq!(client.command("AUTH PLAIN").await, "+ ");
    client.ok(&plain("alice\0alice\0alice secret")).await;
    client.ok("STAT").await;
}

#[tokio::test]
async fn auth_refuses_what_it_must_and_the_session_goes_on() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client.err("AUTH").await;
    client.err("AUTH X-UNKNOWN").await;
    client.err("AUTH PLAIN =").await;
    for bad in ["AGFsaWNl=AAA", "AGFs aWNl", "=AAA", "AGFsaWNlAA", "A*=="] {
        client.err(&format!("AUTH PLAIN {bad}")).await;
    }
    assert_eq!(client.command("AUTH PLAIN").await, "+ ");
    let cancelled = client.err("*").await;
    assert!(!cancelled.contains('['), "{cancelled}");
    assert_eq!(client.command("AUTH PLAIN").await, "+ ");
    client.err("not base64!").await;
    let wrong = client.err(&format!("AUTH PLAIN {}", plain("\0alice\0wrong"))).await;
    assert!(wrong.starts_with("-ERR [AUTH] "), "{wrong}");
    let other = client.err(&format!("AUTH PLAIN {}", plain("bob\0alice\0alice secret"))).await;
    assert!(other.starts_with("-ERR [AUTH] "), "{other}");
    client.ok("USER alice").await;
    client.ok("PASS alice secret").await;
}

#[tokio::test]
async fn a_response_may_be_longer_than_a_command() {
    let world = World::new().await;
    let mut client = world.connect().await;
    assert_eq!(client.command("AUTH PLAIN").await, "+ ");
    let long = "x".repeat(1000);
    let refusal = client.err(&plain(&format!("\0alice\0{long}"))).await;
    assert!(refusal.starts_with("-ERR [AUTH] "), "{refusal}");
}

#[tokio::test]
async fn passwords_wait_for_tls_where_they_must() {
    let world = World::with(&[], |shared| {
        shared.plaintext_authentication = PlaintextAuthentication::Never;
    })
    .await;
    let mut client = world.connect().await;
    client.err("USER alice").await;
    client.err(&format!("AUTH PLAIN {}", plain("\0alice\0alice secret"))).await;
    let capabilities = client.multi("CAPA").await;
    assert!(!capabilities.iter().any(|line| line == "USER" || line.starts_with("SASL")));
}

#[tokio::test]
async fn stls_secures_the_session_and_forgets_what_came_before() {
    let mut authority = None;
    let world = World::with(&[], |shared| {
        let made =
            identity(&Storage::Memory, &["localhost".to_owned()], ClientCertificates::NotWanted).unwrap();
        shared.tls = made.acceptor;
        authority = Some(made.ca_pem);
    })
    .await;
    let mut client = world.connect().await;
    client.ok("USER alice").await;
    // Sent in the clear behind STLS: must never be read as a command.
    client.send(b"STLS\r\nUSER alice\r\nPASS alice secret\r\n").await;
    assert!(client.line().await.starts_with("+OK"));
    let connector = connector(&authority.unwrap());
    let name = "localhost".try_into().unwrap();
    let mut tls = connector.connect(name, client.stream).await.unwrap();
    let talk = async {
        let mut lines = Vec::new();
        for command in ["PASS alice secret", "STLS", "USER alice", "PASS alice secret", "QUIT"] {
            tokio::io::AsyncWriteExt::write_all(&mut tls, format!("{command}\r\n").as_bytes()).await.unwrap();
            let mut line = Vec::new();
            while !line.ends_with(b"\r\n") {
                line.push(tls.read_u8().await.unwrap());
            }
            lines.push(line.starts_with(b"+OK"));
        }
        lines
    };
    let replies = tokio::time::timeout(Duration::from_secs(20), talk).await.unwrap();
    assert_eq!(replies, [false, false, true, true, true]);
}

fn connector(ca_pem: &str) -> TlsConnector {
    let body: String = ca_pem.lines().filter(|line| !line.starts_with('-')).collect();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(STANDARD.decode(body).unwrap())).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn capabilities_change_with_the_state_as_they_should() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let before = client.multi("capa").await;
    for tag in ["TOP", "UIDL", "USER", SASL, "STLS", "RESP-CODES", "PIPELINING"] {
        assert!(before.iter().any(|line| line == tag), "{tag}: {before:?}");
    }
    let after = world.login().await.multi("CAPA").await;
    assert!(!after.contains(&"STLS".to_owned()));
    assert!(after.contains(&SASL.to_owned()));
}

#[tokio::test]
async fn quit_before_login_says_goodbye() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client.ok("QUIT").await;
    assert_eq!(client.closed().await, b"");
}

#[tokio::test]
async fn auth_login_asks_twice_and_takes_nothing_before() {
    let world = World::new().await;
    let mut client = world.connect().await;
    // The server speaks first (RFC 5034, section 4).
    client.err("AUTH LOGIN YWxpY2U=").await;
    client.err("AUTH CRAM-MD5").await;
    assert_eq!(client.command("AUTH LOGIN").await, "+ VXNlcm5hbWU6");
    assert_eq!(client.command("YWxpY2U=").await, "+ UGFzc3dvcmQ6");
    client.ok("YWxpY2Ugc2VjcmV0").await;
}

#[tokio::test]
async fn a_digest_of_the_greeting_logs_in_where_passwords_are_kept() {
    let plain = World::new().await;
    plain.connect().await.err("APOP alice c4c9334bac560ecc979e58001b3e22fb").await;
    let kept = World::with(&[], |shared| {
        let (store, domains) = (shared.store.clone(), shared.domains.clone());
        let authenticator = crate::auth::Authenticator::new(store, domains, Arc::default()).unwrap();
        shared.authenticator = authenticator.keeping(crate::limits::RecoverableSecrets::Kept);
    })
    .await;
    kept.shared.authenticator.put_account("alice@example.test", "alice secret").await.unwrap();
    let (mut client, greeting) = kept.greeted().await;
    let timestamp = &greeting[greeting.find('<').unwrap()..];
    let digest = |secret| crate::auth::apop_digest(timestamp, secret);
    assert!(client.err(&format!("APOP alice {}", digest("wrong"))).await.starts_with("-ERR [AUTH] "));
    client.err(&format!("APOP nobody {}", digest("alice secret"))).await;
    client.err("APOP alice").await;
    client.ok(&format!("APOP alice {}", digest("alice secret"))).await;
    client.ok("STAT").await;
    let (_again, other) = kept.greeted().await;
    assert_ne!(greeting, other);
}

#[tokio::test]
async fn header_fields_in_utf8_need_the_mode() {
    let server = World::new().await;
    server.deliver("Subject: Grüße\r\n\r\nx\r\n".as_bytes()).await;
    server.deliver("Subject: x\r\n\r\nGrüße\r\n".as_bytes()).await;
    let mut client = server.login().await;
    assert!(client.err("RETR 1").await.starts_with("-ERR [UTF8] "));
    assert!(client.err("TOP 1 0").await.starts_with("-ERR [UTF8] "));
    client.multi("RETR 2").await;
    client.err("UTF8").await;
    client.ok("QUIT").await;
    let mut client = server.connect().await;
    client.err("UTF8 now").await;
    client.ok("UTF8").await;
    client.ok("USER alice").await;
    client.ok("PASS alice secret").await;
    assert_eq!(client.multi("TOP 1 0").await, ["Subject: Grüße", ""]);
}

#[tokio::test]
async fn there_is_one_language() {
    let server = World::new().await;
    let mut client = server.connect().await;
    assert_eq!(client.multi("LANG").await, ["en English"]);
    for range in ["EN", "*"] {
        assert!(client.ok(&format!("LANG {range}")).await.starts_with("+OK en "));
    }
    client.err("LANG tlh").await;
    client.err("LANG en de").await;
}

#[tokio::test]
async fn too_many_failed_logins_end_the_session() {
    let world = World::with(&[], |shared| shared.limits.failed_logins = 3).await;
    let mut client = world.connect().await;
    for _ in 0..2 {
        client.ok("USER alice").await;
        client.err("PASS wrong").await;
    }
    client.command("AUTH PLAIN AGFsaWNlAHdyb25n").await;
    assert!(client.closed().await.is_empty());
}
