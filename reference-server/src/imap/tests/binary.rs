//! BINARY (RFC 3516): content without its transfer encoding, and octets of any value.

use super::harness::World;

#[tokio::test]
async fn content_comes_decoded_and_nul_in_a_binary_literal() {
    let world = World::new().await;
    world.deliver("Content-Transfer-Encoding: base64\r\n\r\nQQBCQw==\r\n").await;
    world.deliver("Content-Transfer-Encoding: quoted-printable\r\n\r\na=3D=\r\nb\r\n").await;
    world.deliver("Content-Transfer-Encoding: x-odd\r\n\r\nbody\r\n").await;
    let mut client = world.inbox().await;
    for (item, answer) in [
        ("1 BINARY.PEEK[1]", "* 1 FETCH (BINARY[1] ~{4}\r\nA\0BC)"),
        ("1 BINARY.PEEK[1]<2.9>", "* 1 FETCH (BINARY[1]<2> {2}\r\nBC)"),
        ("1 BINARY.SIZE[1]", "* 1 FETCH (BINARY.SIZE[1] 4)"),
        ("1 BINARY.PEEK[2]", "* 1 FETCH (BINARY[2] NIL)"),
        ("1 BINARY.SIZE[2]", "* 1 FETCH (BINARY.SIZE[2] 0)"),
        ("2 (BINARY.PEEK[1] BINARY.SIZE[1])", "* 2 FETCH (BINARY[1] {5}\r\na=b\r\n BINARY.SIZE[1] 5)"),
        ("3 BINARY.SIZE[]", "* 3 FETCH (BINARY.SIZE[] 42)"),
    ] {
        assert_eq!(client.ok(&format!("FETCH {item}")).await, [answer], "{item}");
    }
    let (told, end) = client.command("FETCH 2:3 BINARY.PEEK[1]").await;
    assert_eq!(told.len(), 1);
    assert!(end.starts_with("NO [UNKNOWN-CTE] "), "{end}");
    let (told, end) = client.command("FETCH 3 BINARY[1]").await;
    assert!(told.is_empty() && end.starts_with("NO [UNKNOWN-CTE] "), "{told:?} {end}");
    assert_eq!(client.ok("FETCH 3 FLAGS").await, ["* 3 FETCH (FLAGS (\\Recent))"], "nobody has seen it");
    assert!(client.no("FETCH 3 BINARY.SIZE[1]").await.starts_with("NO [UNKNOWN-CTE] "));
    assert_eq!(
        client.ok("FETCH 2 BINARY[1]").await,
        ["* 2 FETCH (BINARY[1] {5}\r\na=b\r\n FLAGS (\\Seen \\Recent))"]
    );
}

#[tokio::test]
async fn appended_octets_of_any_value_are_kept_and_every_client_can_read_them() {
    let world = World::new().await;
    let mut client = world.inbox().await;
    let message = "Content-Type: a/b\r\nContent-Transfer-Encoding: binary\r\n\r\n1\x002";
    client.bad(&format!("APPEND INBOX {{{}}}\r\n{message}", message.len())).await;
    client.ok(&format!("APPEND INBOX ~{{{}+}}\r\n{message}", message.len())).await;
    assert_eq!(client.ok("FETCH 1 BINARY.PEEK[1]").await, ["* 1 FETCH (BINARY[1] ~{3}\r\n1\x002)"]);
    assert_eq!(client.ok("FETCH 1 BODY.PEEK[1]").await, ["* 1 FETCH (BODY[1] {6}\r\nMQAy\r\n)"]);
    assert_eq!(client.ok("FETCH 1 BODY").await, ["* 1 FETCH (BODY (\"a\" \"b\" NIL NIL NIL \"base64\" 6))"]);
}
