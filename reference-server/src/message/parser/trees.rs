//! Trees of MIME parts that are made first and written out then: what is found in the text must be
//! the tree.

use proptest::prelude::*;

use crate::message::{Content, Entity, Portion, Structure};

/// What is written.
#[derive(Debug, Clone)]
enum Tree {
    Text(String),
    Octets(Vec<u8>),
    Multipart(Vec<Tree>),
    Message(Box<Tree>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let line = "[ -~]{0,12}";
    let text = proptest::collection::vec(line, 0..4).prop_map(|lines| Tree::Text(lines.join("\r\n")));
    let octets = proptest::collection::vec(any::<u8>(), 0..20).prop_map(|octets| {
        Tree::Octets(octets.into_iter().filter(|octet| !b"\r\n".contains(octet)).collect())
    });
    prop_oneof![text, octets].prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Tree::Multipart),
            inner.prop_map(|tree| Tree::Message(Box::new(tree))),
        ]
    })
}

/// Header and body; boundaries that no text can hold, each its own and none the beginning of
/// another.
fn written(tree: &Tree, next: &mut usize) -> (Vec<u8>, Vec<u8>) {
    match tree {
        Tree::Text(text) => {
            (b"Content-Type: text/plain; charset=utf-8\r\n\r\n".to_vec(), text.clone().into_bytes())
        }
        Tree::Octets(octets) => (b"Content-Type: application/x\r\n\r\n".to_vec(), octets.clone()),
        Tree::Message(inner) => {
            let (header, body) = written(inner, next);
            (b"Content-Type: message/rfc822\r\n\r\n".to_vec(), [header, body].concat())
        }
        Tree::Multipart(parts) => {
            *next += 1;
            let boundary = format!("=_boundary-of-the-tree-{next};");
            let header = format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n");
            let mut body = b"preamble\r\n".to_vec();
            for part in parts {
                let (header, content) = written(part, next);
                body.extend(format!("--{boundary}\r\n").into_bytes());
                body.extend(header);
                body.extend(content);
                body.extend(b"\r\n");
            }
            body.extend(format!("--{boundary}--\r\nepilogue").into_bytes());
            (header.into_bytes(), body)
        }
    }
}

/// Whether the entity is that tree, with all its octets and lines.
fn is(entity: &Entity<'_>, tree: &Tree, message: &[u8], next: &mut usize) -> Result<(), TestCaseError> {
    let (header, body) = written(tree, &mut next.clone());
    prop_assert_eq!(entity.header.of(message), header);
    prop_assert_eq!(entity.body.of(message), body.as_slice());
    prop_assert_eq!(entity.lines, body.iter().filter(|&&octet| octet == b'\n').count());
    match (tree, &entity.content) {
        (Tree::Text(_), Content::Leaf) => prop_assert!(entity.media.is("text", "plain")),
        (Tree::Octets(_), Content::Leaf) => prop_assert!(entity.media.is("application", "x")),
        (Tree::Message(inner), Content::Message(found)) => is(found, inner, message, next)?,
        (Tree::Multipart(parts), Content::Multipart(found)) => {
            *next += 1;
            prop_assert_eq!(parts.len(), found.len());
            for (part, found) in parts.iter().zip(found) {
                is(found, part, message, next)?;
            }
        }
        _ => prop_assert!(false, "{:?} is no {:?}", entity.media, tree),
    }
    Ok(())
}

/// Every part that a number leads to, with that number.
fn numbered<'o>(entity: &Entity<'o>, path: &[u32], all: &mut Vec<(Vec<u32>, Entity<'o>)>) {
    let below = |number: usize| [path, &[u32::try_from(number).unwrap()]].concat();
    match &entity.content {
        Content::Multipart(parts) => {
            for (index, part) in parts.iter().enumerate() {
                all.push((below(index + 1), part.clone()));
                descend(part, &below(index + 1), all);
            }
        }
        _ => {
            all.push((below(1), entity.clone()));
            descend(entity, &below(1), all);
        }
    }
}

fn descend<'o>(part: &Entity<'o>, path: &[u32], all: &mut Vec<(Vec<u32>, Entity<'o>)>) {
    match &part.content {
        Content::Leaf => {}
        Content::Multipart(_) => numbered(part, path, all),
        Content::Message(inner) => numbered(inner, path, all),
    }
}

proptest! {
    #[test]
    fn what_is_written_is_found(tree in tree()) {
        let (header, body) = written(&tree, &mut 0);
        let message = [header, body].concat();
        let structure = Structure::parse(&message);
        is(&structure.root, &tree, &message, &mut 0)?;
        let mut parts = Vec::new();
        numbered(&structure.root, &[], &mut parts);
        for (path, part) in parts {
            let span = |portion| structure.section(&path, portion);
            prop_assert_eq!(span(Portion::Whole), Some(part.body), "{:?}", path);
            prop_assert_eq!(span(Portion::Mime), Some(part.header));
            if let Content::Message(inner) = &part.content {
                let halves = [span(Portion::Header).unwrap().of(&message), span(Portion::Text).unwrap().of(&message)];
                prop_assert_eq!(halves.concat(), inner.span().of(&message));
            }
        }
    }
}
