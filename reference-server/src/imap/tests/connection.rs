//! What changes a connection: COMPRESS and UNAUTHENTICATE.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use tokio::io::AsyncReadExt;

use super::harness::{Client, World};

/// Says lines compressed and reads what comes, up to the good end of the last command.
async fn compressed(client: &mut Client, layers: &mut (Compress, Decompress), line: &str) -> String {
    let last = line.lines().last().and_then(|line| line.split_once(' ')).unwrap().0;
    let end = format!("{last} OK ");
    let mut packed = Vec::with_capacity(1000);
    layers.0.compress_vec(line.as_bytes(), &mut packed, FlushCompress::Sync).unwrap();
    client.send(&packed).await;
    let mut text = Vec::with_capacity(100_000);
    let mut raw = Vec::new();
    while !raw.ends_with(&[0, 0, 0xff, 0xff]) || !String::from_utf8_lossy(&text).contains(&end) {
        let octet = client.stream.read_u8().await.unwrap();
        raw.push(octet);
        layers.1.decompress_vec(&[octet], &mut text, FlushDecompress::None).unwrap();
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn compression_begins_behind_the_answer_and_ends_with_unauthenticate() {
    let world = World::new().await;
    world.deliver("Subject: one\r\n\r\n").await;
    let mut client = world.connect().await;
    client.bad("COMPRESS DEFLATE").await;
    client.ok("LOGIN alice secret").await;
    client.bad("COMPRESS").await;
    client.bad("COMPRESS GZIP").await;
    client.ok("COMPRESS deflate").await;
    let mut layers = (Compress::new(Compression::default(), false), Decompress::new(false));
    let told = compressed(&mut client, &mut layers, "x1 SELECT INBOX\r\n").await;
    assert!(told.contains("* 1 EXISTS\r\n"), "{told}");
    let told = compressed(&mut client, &mut layers, "x2 COMPRESS DEFLATE\r\nx3 NOOP\r\n").await;
    assert!(told.starts_with("x2 NO [COMPRESSIONACTIVE] "), "{told}");
    let told = compressed(&mut client, &mut layers, "x4 UNAUTHENTICATE\r\n").await;
    assert_eq!(told, "x4 OK UNAUTHENTICATE completed\r\n");
    client.bad("UNAUTHENTICATE").await;
    client.ok("LOGIN alice secret").await;
    client.bad("FETCH 1 FLAGS").await;
}

#[tokio::test]
async fn unauthenticate_forgets_what_was_enabled() {
    let world = World::new().await;
    let mut client = world.login().await;
    client.ok("ENABLE QRESYNC").await;
    client.bad("UNAUTHENTICATE now").await;
    client.ok("UNAUTHENTICATE").await;
    client.ok("LOGIN alice secret").await;
    client.bad("SELECT INBOX (QRESYNC (1 1))").await;
}

#[tokio::test]
async fn what_is_withheld_is_not_there() {
    let world = World::with(&[], |shared| shared.imap.withheld.push("UNAUTHENTICATE".to_owned())).await;
    let mut client = world.login().await;
    client.bad("UNAUTHENTICATE").await;
    assert!(!client.ok("CAPABILITY").await[0].contains("UNAUTHENTICATE"));
}
