//! Lines, literals and what is wrong with them.

use super::harness::World;

#[tokio::test]
async fn wrong_lines_are_bad_with_their_tag_or_with_none() {
    let world = World::new().await;
    let mut client = world.connect().await;
    for (line, answer) in [
        ("\r\n", "* BAD "),
        ("a\r\n", "a BAD "),
        (" NOOP\r\n", "* BAD "),
        ("+ NOOP\r\n", "* BAD "),
        ("a  NOOP\r\n", "a BAD "),
        ("a NOOP \r\n", "a BAD "),
        ("a NOOP x\r\n", "a BAD "),
        ("a NOOP\n", "a BAD "),
        ("a LOGIN alice\r\n", "a BAD "),
        ("a LOGIN alice  secret\r\n", "a BAD "),
        ("a NO\0OP\r\n", "a BAD "),
    ] {
        client.send(line.as_bytes()).await;
        let found = client.line().await;
        assert!(found.starts_with(answer), "{line:?}: {found}");
    }
}

#[tokio::test]
async fn a_wrong_command_is_refused_before_its_literal_is_asked_for() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client.send(b"a NONSENSE {10}\r\nb SELECT {5}\r\nc LOGIN {99999}\r\nd NOOP\r\n").await;
    assert!(client.line().await.starts_with("a BAD "));
    assert!(client.line().await.starts_with("b BAD "));
    assert!(client.line().await.starts_with("c NO "));
    assert!(client.line().await.starts_with("d OK "));
}

#[tokio::test]
async fn literals_that_do_not_wait_are_read_also_of_wrong_commands() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client
        .send(b"a NONSENSE {8+}\r\nx NOOP\r\n {3+}\r\nabc\r\nb LOGIN {5+}\r\nalice {6+}\r\nsecret\r\n")
        .await;
    assert!(client.line().await.starts_with("a BAD "));
    assert!(client.line().await.starts_with("b OK "));
}

#[tokio::test]
async fn a_line_without_end_costs_one_answer_and_no_memory() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let long = format!("a NOOP {}\r\nb NOOP\r\n", "x".repeat(300_000));
    let (mut reader, mut writer) = tokio::io::split(&mut client.stream);
    let write = async { tokio::io::AsyncWriteExt::write_all(&mut writer, long.as_bytes()).await.unwrap() };
    let read = async {
        let mut found = vec![0; 6];
        tokio::io::AsyncReadExt::read_exact(&mut reader, &mut found).await.unwrap();
        found
    };
    let ((), found) = tokio::join!(write, read);
    assert_eq!(found, b"a BAD ");
    client.line().await;
    assert!(client.line().await.starts_with("b OK "));
}

#[tokio::test]
async fn pipelined_commands_are_answered_in_their_order() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client.send(b"a LOGIN alice secret\r\nb SELECT INBOX\r\nc NOOP\r\nd LOGOUT\r\n").await;
    let all = client.closed().await;
    let order: Vec<_> = ["a OK", "b OK", "c OK", "* BYE", "d OK"]
        .iter()
        .map(|end| all.find(&format!("\r\n{end}")).or_else(|| all.find(end)))
        .collect();
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{all}");
}

#[tokio::test]
async fn too_many_errors_in_a_row_end_the_session() {
    let world = World::with(&[], |shared| shared.limits.errors = 3).await;
    let mut client = world.connect().await;
    client.bad("X").await;
    client.ok("NOOP").await;
    client.bad("X").await;
    client.bad("X").await;
    client.bad("X").await;
    assert!(client.closed().await.starts_with("* BYE "));
}
