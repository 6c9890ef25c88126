//! THREAD REFERENCES (RFC 5256, section 3): threads by what messages say that they answer, then by
//! their subjects. The steps and their numbers are the RFC's.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::Facts;
use super::forest::{Forest, NodeId};
use crate::imap::search::Made;
use crate::message::collation::Collated;
use crate::message::subject::SubjectKind;

/// What the algorithm asks of one message.
#[derive(Debug, Clone)]
pub(crate) struct Threaded {
    id: Option<Vec<u8>>,
    references: Vec<Vec<u8>>,
    sent: OffsetDateTime,
    subject: Collated,
    kind: SubjectKind,
}

impl Threaded {
    /// What a header says; `references` is the seam at which a deviation can read less of it.
    pub(crate) fn of(facts: &Facts<'_>, references: fn(&Facts<'_>) -> Vec<Vec<u8>>) -> Self {
        let (subject, kind) = facts.subject();
        Self { id: facts.id(), references: references(facts), sent: facts.sent(), subject, kind }
    }
}

impl Made for Threaded {
    fn octets(&self) -> usize {
        let ids = self.id.iter().chain(&self.references);
        let ids = ids.map(|id| id.len().saturating_add(size_of::<Vec<u8>>()));
        ids.fold(self.subject.octets().saturating_add(size_of::<Self>()), usize::saturating_add)
    }
}

/// The threads of these messages, which come in the order of the mailbox.
pub(crate) fn by_references(messages: &[Threaded]) -> Forest {
    let mut forest = Links::between(messages).into_forest();
    let order = Order { messages };
    order.sort_dummies(&mut forest);
    order.merge_subjects(&mut forest);
    order.sort_all(&mut forest);
    forest
}

/// Step 1: who is whose parent.
#[derive(Default)]
struct Links {
    /// Message and parent of each node.
    nodes: Vec<(Option<usize>, Option<NodeId>)>,
    /// How many children each has.
    children: Vec<usize>,
    by_id: HashMap<Vec<u8>, NodeId>,
}

impl Links {
    fn between(messages: &[Threaded]) -> Self {
        let mut links = Self::default();
        for (place, message) in messages.iter().enumerate() {
            let node = links.node_of(place, message.id.as_deref());
            let mut before = None;
            for id in &message.references {
                let next = links.referred(id);
                if let Some(parent) = before
                    && links.parent(next).is_none()
                {
                    links.link(parent, next);
                }
                before = Some(next);
            }
            links.unlink(node);
            if let Some(parent) = before {
                links.link(parent, node);
            }
        }
        links
    }

    fn new_node(&mut self, message: Option<usize>) -> NodeId {
        self.nodes.push((message, None));
        self.children.push(0);
        self.nodes.len().saturating_sub(1)
    }

    /// The node of a message: that of its identifier, unless an earlier message has it.
    fn node_of(&mut self, place: usize, id: Option<&[u8]>) -> NodeId {
        let Some(id) = id else {
            return self.new_node(Some(place));
        };
        match self.by_id.get(id).copied() {
            None => {
                let node = self.new_node(Some(place));
                self.by_id.insert(id.to_vec(), node);
                node
            }
            Some(known) => match self.nodes.get_mut(known) {
                Some((message @ None, _)) => {
                    *message = Some(place);
                    known
                }
                _ => self.new_node(Some(place)),
            },
        }
    }

    /// The node of an identifier that is referred to; a dummy for as long as no message has it.
    fn referred(&mut self, id: &[u8]) -> NodeId {
        if let Some(&known) = self.by_id.get(id) {
            return known;
        }
        let node = self.new_node(None);
        self.by_id.insert(id.to_vec(), node);
        node
    }

    fn parent(&self, node: NodeId) -> Option<NodeId> {
        self.nodes.get(node)?.1
    }

    fn unlink(&mut self, node: NodeId) {
        let parent = self.nodes.get_mut(node).and_then(|(_, parent)| parent.take());
        if let Some(count) = parent.and_then(|parent| self.children.get_mut(parent)) {
            *count = count.saturating_sub(1);
        }
    }

    /// Makes one the parent of the other, unless that would make a loop.
    fn link(&mut self, parent: NodeId, child: NodeId) {
        if parent == child || (self.has_children(child) && self.is_below(parent, child)) {
            return;
        }
        if let Some((_, place)) = self.nodes.get_mut(child) {
            *place = Some(parent);
        }
        if let Some(count) = self.children.get_mut(parent) {
            *count = count.saturating_add(1);
        }
    }

    /// Only who has children can be above anybody: so that most links cost nothing to check.
    fn has_children(&self, node: NodeId) -> bool {
        self.children.get(node).is_some_and(|&count| count > 0)
    }

    fn is_below(&self, node: NodeId, above: NodeId) -> bool {
        std::iter::successors(self.parent(node), |&node| self.parent(node)).any(|found| found == above)
    }

    /// Steps 2 and 3: all without parents are roots; dummies give their place to their children,
    /// but at the top only where there is one child.
    fn into_forest(self) -> Forest {
        let mut forest = Forest::default();
        for &(message, _) in &self.nodes {
            forest.add(message, Vec::new());
        }
        let mut roots = Vec::new();
        for (node, &(_, parent)) in self.nodes.iter().enumerate() {
            match parent.and_then(|parent| forest.children_mut(parent)) {
                Some(children) => children.push(node),
                None => roots.push(node),
            }
        }
        forest.set_roots(roots);
        for node in forest.walk().into_iter().rev() {
            let pruned = spliced(&forest, forest.children(node), |_| true);
            if let Some(children) = forest.children_mut(node) {
                *children = pruned;
            }
        }
        let roots = spliced(&forest, forest.roots(), |children| children.len() < 2);
        forest.set_roots(roots);
        forest
    }
}

/// These nodes, with the children of dummies in the place of those that `give_way`.
fn spliced(forest: &Forest, nodes: &[NodeId], give_way: fn(&[NodeId]) -> bool) -> Vec<NodeId> {
    let mut kept = Vec::with_capacity(nodes.len());
    for &node in nodes {
        let children = forest.children(node);
        match forest.message(node) {
            None if give_way(children) => kept.extend_from_slice(children),
            _ => kept.push(node),
        }
    }
    kept
}

/// Steps 4 to 6, which ask what the messages are about and when they were sent.
struct Order<'m> {
    messages: &'m [Threaded],
}

impl Order<'_> {
    fn threaded(&self, forest: &Forest, node: NodeId) -> Option<&Threaded> {
        self.messages.get(forest.message(node)?)
    }

    /// The message itself, or of a dummy its first child.
    fn speaker(&self, forest: &Forest, node: NodeId) -> Option<NodeId> {
        match forest.message(node) {
            Some(_) => Some(node),
            None => forest.children(node).first().copied(),
        }
    }

    /// When it was sent, and its place in the mailbox where that is the same.
    fn moment(&self, forest: &Forest, node: NodeId) -> Option<(OffsetDateTime, usize)> {
        let speaker = self.speaker(forest, node)?;
        Some((self.threaded(forest, speaker)?.sent, forest.message(speaker)?))
    }

    fn sort_children(&self, forest: &mut Forest, node: NodeId) {
        let mut children = forest.children(node).to_vec();
        if children.len() > 1 {
            children.sort_by_key(|&child| self.moment(forest, child));
            if let Some(place) = forest.children_mut(node) {
                *place = children;
            }
        }
    }

    fn sort_roots(&self, forest: &mut Forest) {
        let mut roots = forest.roots().to_vec();
        roots.sort_by_key(|&root| self.moment(forest, root));
        forest.set_roots(roots);
    }

    /// Step 4: the top level, where a dummy stands at its earliest child.
    fn sort_dummies(&self, forest: &mut Forest) {
        for root in forest.roots().to_vec() {
            if forest.message(root).is_none() {
                self.sort_children(forest, root);
            }
        }
        self.sort_roots(forest);
    }

    /// Step 6: everything, the youngest siblings first.
    fn sort_all(&self, forest: &mut Forest) {
        for node in forest.walk().into_iter().rev() {
            self.sort_children(forest, node);
        }
        self.sort_roots(forest);
    }

    fn subject(&self, forest: &Forest, root: NodeId) -> Option<&Collated> {
        let speaker = self.speaker(forest, root)?;
        Some(&self.threaded(forest, speaker)?.subject).filter(|subject| !subject.is_empty())
    }

    fn is_reply(&self, forest: &Forest, node: NodeId) -> bool {
        self.threaded(forest, node).is_some_and(|message| message.kind == SubjectKind::ReplyOrForward)
    }

    /// Step 5: threads with one subject become one.
    fn merge_subjects(&self, forest: &mut Forest) {
        let subjects: Vec<_> =
            forest.roots().iter().map(|&root| (root, self.subject(forest, root).cloned())).collect();
        let mut table: HashMap<Collated, NodeId> = HashMap::new();
        for (root, subject) in &subjects {
            let Some(subject) = subject else { continue };
            let known = table.entry(subject.clone()).or_insert(*root);
            let is_dummy = |node: NodeId| forest.message(node).is_none();
            let first_word = self.is_reply(forest, *known) && !self.is_reply(forest, *root);
            if !is_dummy(*known) && (is_dummy(*root) || first_word) {
                *known = *root;
            }
        }
        let mut gone = std::collections::HashSet::new();
        let mut new = Vec::new();
        for (root, subject) in subjects {
            let Some(known) = subject.as_ref().and_then(|subject| table.get_mut(subject)) else { continue };
            if *known == root {
                continue;
            }
            gone.insert(root);
            match (forest.message(*known), forest.message(root)) {
                (None, None) => {
                    let children = forest.children(root).to_vec();
                    forest.children_mut(*known).into_iter().for_each(|all| all.extend_from_slice(&children));
                }
                (None, Some(_)) => forest.children_mut(*known).into_iter().for_each(|all| all.push(root)),
                _ if self.is_reply(forest, root) && !self.is_reply(forest, *known) => {
                    forest.children_mut(*known).into_iter().for_each(|all| all.push(root));
                }
                _ => {
                    gone.insert(*known);
                    *known = forest.add(None, vec![*known, root]);
                    new.push(*known);
                }
            }
        }
        let mut roots = forest.roots().to_vec();
        roots.extend(new);
        roots.retain(|root| !gone.contains(root));
        forest.set_roots(roots);
    }
}

#[cfg(test)]
mod tests;
