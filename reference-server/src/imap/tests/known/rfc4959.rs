//! RFC 4959, section 4: the first response of a client in the AUTHENTICATE command.

use std::collections::HashMap;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use ring::digest::{SHA256, digest};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::Scene;
use crate::auth::{Authenticator, CertificateTrust};
use crate::net::{ClientCertificates, identity};
use crate::store::Storage;
use crate::testing::Peer;

#[tokio::test]
async fn section_4_with_the_first_response() {
    let transcript = r"
        C: C01 CAPABILITY
        S: * CAPABILITY IMAP4rev1 LITERAL+ STARTTLS AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=PLAIN
           AUTH=LOGIN ${before} SASL-IR ${behind}
        S: C01 OK ...
        C: A01 AUTHENTICATE PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==
        S: A01 OK [CAPABILITY ${capabilities}] ...
        ";
    Scene::new().await.connected().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_4_without_it() {
    let transcript = r"
        C: A01 AUTHENTICATE PLAIN
        S: +\x20
        C: AGFsaWNlAGFsaWNlLXNlY3JldA==
        S: A01 OK [CAPABILITY ${capabilities}] ...
        ";
    Scene::new().await.connected().await.follow_to_the_end(transcript).await;
}

/// Alice, under TLS, with a certificate that is hers.
async fn with_certificate() -> Peer {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap().der().clone();
    let fingerprint = digest(&SHA256, &certificate).as_ref().try_into().unwrap();
    let pinned = HashMap::from([(fingerprint, "alice@example.test".to_owned())]);
    let names = ["mail.example.test".to_owned()];
    let wanted = ClientCertificates::Wanted { hints: Vec::new() };
    let identity = identity(&Storage::Memory, &names, wanted).unwrap();
    let mut scene = Scene::with(|shared| {
        let (store, domains) = (shared.store.clone(), shared.domains.clone());
        let authenticator = Authenticator::new(store, domains, Arc::default()).unwrap();
        shared.authenticator = authenticator.believing(CertificateTrust::new(None, pinned).unwrap());
        shared.tls = identity.acceptor.clone();
    })
    .await;
    scene.identity = identity;
    let mut peer = scene.connected().await;
    peer.follow("C: s STARTTLS\nS: s OK ...").await;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    peer.start_tls_as(&scene.identity, certificate, key).await
}

/// A first response that is empty is written as `=`.
#[tokio::test]
async fn section_4_an_empty_first_response() {
    let transcript = r"
        C: C01 CAPABILITY
        S: * CAPABILITY IMAP4rev1 ${before} AUTH=EXTERNAL ${between} SASL-IR ${behind}
        S: C01 OK ...
        C: A01 AUTHENTICATE EXTERNAL =
        S: A01 OK [CAPABILITY ${capabilities}] ...
        ";
    with_certificate().await.follow_to_the_end(transcript).await;
}

#[tokio::test]
async fn section_4_an_empty_response_that_is_asked_for() {
    let transcript = r"
        C: C01 CAPABILITY
        S: * CAPABILITY IMAP4rev1 ${before} AUTH=EXTERNAL ${between} SASL-IR ${behind}
        S: C01 OK ...
        C: A01 AUTHENTICATE EXTERNAL
        S: +\x20
        C:
        S: A01 OK [CAPABILITY ${capabilities}] ...
        ";
    with_certificate().await.follow_to_the_end(transcript).await;
}
