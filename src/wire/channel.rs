//! What TLS says of a connection to a mechanism that binds to it (RFC 5929, RFC 9266).

use ring::digest;
use tokio_rustls::rustls::{ClientConnection, ProtocolVersion};

/// The octets of an exporter (RFC 9266, section 2).
const EXPORTER_OCTETS: usize = 32;

/// The data of the channel bindings that a connection has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsChannel {
    /// `tls-exporter`: of TLS 1.3.
    pub exporter: Option<Vec<u8>>,
    /// `tls-server-end-point`: the hash of the server's certificate, where its signature has one.
    pub end_point: Option<Vec<u8>>,
}

impl TlsChannel {
    pub(super) fn of(tls: &ClientConnection) -> Self {
        let exporter = (tls.protocol_version() == Some(ProtocolVersion::TLSv1_3))
            .then(|| {
                tls.export_keying_material(vec![0; EXPORTER_OCTETS], b"EXPORTER-Channel-Binding", Some(b""))
            })
            .and_then(Result::ok);
        let certificate = tls.peer_certificates().and_then(<[_]>::first);
        Self { exporter, end_point: certificate.and_then(|certificate| end_point(certificate)) }
    }
}

/// The certificate under the hash function of its signature; SHA-256 in place of older ones
/// (RFC 5929, section 4.1).
fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let (inside, _) = element(certificate)?;
    let (_, behind) = element(inside)?;
    let (algorithm, _) = element(behind)?;
    let (oid, _) = element(algorithm)?;
    // Ed25519 and Ed448 sign without one.
    if oid.starts_with(&[0x2b, 0x65]) {
        return None;
    }
    let function = match oid {
        // ecdsa-with-SHA384 and sha384WithRSAEncryption; the same with SHA-512.
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3] | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12] => {
            &digest::SHA384
        }
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4] | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13] => {
            &digest::SHA512
        }
        _ => &digest::SHA256,
    };
    Some(digest::digest(function, certificate).as_ref().to_vec())
}

/// The content of the first DER element, and what stands behind it.
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        _ => {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (
                octets
                    .iter()
                    .try_fold(0_usize, |sum, octet| Some(sum.checked_mul(256)? + usize::from(*octet)))?,
                rest,
            )
        }
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate's shape: an empty body, this algorithm, no signature.
    fn certificate(oid: &[u8]) -> Vec<u8> {
        let mut algorithm = vec![6, u8::try_from(oid.len()).unwrap()];
        algorithm.extend_from_slice(oid);
        let mut inside = vec![0x30, 0, 0x30, u8::try_from(algorithm.len()).unwrap()];
        inside.extend(algorithm);
        let mut whole = vec![0x30, 0x81, u8::try_from(inside.len()).unwrap()];
        whole.extend(inside);
        whole
    }

    #[test]
    fn the_hash_is_that_of_the_signature() {
        let length = |oid: &[u8]| end_point(&certificate(oid)).map(|hash| hash.len());
        assert_eq!(length(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]), Some(32));
        assert_eq!(length(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3]), Some(48));
        assert_eq!(length(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13]), Some(64));
        // sha1WithRSAEncryption
        assert_eq!(length(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5]), Some(32));
        assert_eq!(length(&[0x2b, 0x65, 0x70]), None);
        for broken in [&b""[..], b"\x30", b"\x30\x84", b"\x30\x05\x30\x00"] {
            assert_eq!(end_point(broken), None);
        }
    }
}
