//! RFC 4978, section 3: COMPRESS.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use super::Scene;
use crate::testing::Peer;

/// Begins under TLS, as the example does, and ends compressed.
#[tokio::test]
async fn section_3_what_follows_is_compressed() {
    let scene = Scene::new().await;
    let mut peer = scene.opened();
    peer.follow("S: * OK [CAPABILITY IMAP4rev1 ${capabilities}] ...\nC: a starttls\nS: a OK ...").await;
    let mut peer = peer.start_tls(&scene.identity).await;
    peer.follow(
        r"
        C: b login alice alice-secret
        S: b OK [CAPABILITY ${more}] ...
        C: c compress deflate
        S: c OK ...
        ",
    )
    .await;
    let mut packed = Vec::with_capacity(100);
    let mut deflate = Compress::new(Compression::default(), false);
    deflate.compress_vec(b"d compress deflate\r\n", &mut packed, FlushCompress::Sync).unwrap();
    peer.send(&packed).await;
    assert!(inflated(&mut peer).await.starts_with("d NO [COMPRESSIONACTIVE] "), "twice is refused");
}

/// One line that comes compressed.
async fn inflated(peer: &mut Peer) -> String {
    let (mut inflate, mut text) = (Decompress::new(false), Vec::with_capacity(1000));
    while !text.ends_with(b"\r\n") {
        let octet = peer.octet().await;
        inflate.decompress_vec(&[octet], &mut text, FlushDecompress::None).unwrap();
    }
    String::from_utf8(text).unwrap()
}
