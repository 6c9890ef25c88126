//! What TLS says of a connection to those who authenticate by it.

use std::net::IpAddr;

use rustls_pki_types::CertificateDer;

use crate::store::Account;

/// The octets of an exporter (RFC 9266, section 2).
const EXPORTER_OCTETS: usize = 32;

/// What is known of the channel below a session; of a plaintext one no more than where it leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Channel {
    /// The address at its other end.
    pub(crate) peer: Option<IpAddr>,
    /// Whether it is under TLS at all.
    pub(crate) under_tls: bool,
    /// `tls-exporter` (RFC 9266): of TLS 1.3, in which no two channels have the same.
    pub(crate) exporter: Option<Vec<u8>>,
    /// `tls-server-end-point` (RFC 5929, section 4): the hash of the server's certificate.
    pub(crate) end_point: Option<Vec<u8>>,
    /// The client's certificate, and those with which it shows who signed it; believed by nobody yet.
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    /// The account that the client's certificate is for.
    pub(crate) client: Option<Account>,
}

impl Channel {
    /// The channel of a connection under TLS.
    pub(crate) fn of(tls: &tokio_rustls::rustls::ServerConnection) -> Self {
        let version = tls.protocol_version();
        let exporter = (version == Some(tokio_rustls::rustls::ProtocolVersion::TLSv1_3))
            .then(|| {
                tls.export_keying_material(vec![0; EXPORTER_OCTETS], b"EXPORTER-Channel-Binding", Some(b""))
            })
            .and_then(Result::ok);
        let certificates = tls.peer_certificates().unwrap_or_default();
        let certificates = certificates.iter().map(|one| one.clone().into_owned()).collect();
        Self { under_tls: true, exporter, certificates, ..Self::default() }
    }

    /// With the hash of the server's certificate, which the session's server knows.
    pub(crate) fn certified(mut self, end_point: &[u8]) -> Self {
        self.end_point = (!end_point.is_empty()).then(|| end_point.to_vec());
        self
    }

    /// The data of a binding type by its registered name; `None` where this channel has none.
    pub(crate) fn binding(&self, kind: &str) -> Option<&[u8]> {
        match kind {
            "tls-exporter" => self.exporter.as_deref(),
            "tls-server-end-point" => self.end_point.as_deref(),
            _ => None,
        }
    }

    /// Can an authentication be bound to it?
    pub(crate) fn can_bind(&self) -> bool {
        self.exporter.is_some() || self.end_point.is_some()
    }
}
