//! The trees that THREAD gives (RFC 5256, section 4, THREAD response), as nodes that point to one
//! another: threads can be deep, so that nothing here goes by recursion.

/// Which node.
pub(super) type NodeId = usize;

/// A message, or the place of one that was not found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    /// The message's place in the mailbox; nothing in a dummy.
    message: Option<usize>,
    children: Vec<NodeId>,
}

/// Trees over messages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Forest {
    nodes: Vec<Node>,
    roots: Vec<NodeId>,
}

impl Forest {
    /// A node with these children, not yet in any tree.
    pub(super) fn add(&mut self, message: Option<usize>, children: Vec<NodeId>) -> NodeId {
        self.nodes.push(Node { message, children });
        self.nodes.len().saturating_sub(1)
    }

    pub(super) fn set_roots(&mut self, roots: Vec<NodeId>) {
        self.roots = roots;
    }

    pub(super) fn roots(&self) -> &[NodeId] {
        &self.roots
    }

    pub(super) fn message(&self, node: NodeId) -> Option<usize> {
        self.nodes.get(node)?.message
    }

    pub(super) fn children(&self, node: NodeId) -> &[NodeId] {
        self.nodes.get(node).map(|node| node.children.as_slice()).unwrap_or_default()
    }

    pub(super) fn children_mut(&mut self, node: NodeId) -> Option<&mut Vec<NodeId>> {
        self.nodes.get_mut(node).map(|node| &mut node.children)
    }

    /// All nodes below the roots and these themselves, parents before their children.
    pub(super) fn walk(&self) -> Vec<NodeId> {
        let mut order = self.roots.clone();
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            order.extend_from_slice(self.children(node));
            next += 1;
        }
        order
    }

    /// ```abnf
    /// thread-data    = "THREAD" [SP 1*thread-list]
    /// thread-list    = "(" (thread-members / thread-nested) ")"
    /// thread-members = nz-number *(SP nz-number) [SP thread-nested]
    /// thread-nested  = 2*thread-list
    /// ```
    /// The lists, with each message named by `name`.
    pub(crate) fn write(&self, name: impl Fn(usize) -> u32) -> String {
        enum Step {
            List(NodeId),
            End,
        }
        let mut out = String::new();
        let mut steps: Vec<Step> = self.roots.iter().rev().map(|&root| Step::List(root)).collect();
        while let Some(step) = steps.pop() {
            let Step::List(first) = step else {
                out.push(')');
                continue;
            };
            out.push('(');
            steps.push(Step::End);
            let (mut node, mut gap) = (first, "");
            loop {
                if let Some(message) = self.message(node) {
                    out.push_str(&format!("{gap}{}", name(message)));
                    gap = " ";
                }
                match self.children(node) {
                    [] => break,
                    [only] => node = *only,
                    several => {
                        out.push_str(gap);
                        steps.extend(several.iter().rev().map(|&child| Step::List(child)));
                        break;
                    }
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(forest: &Forest) -> String {
        forest.write(|place| u32::try_from(place).unwrap())
    }

    #[test]
    fn the_examples_of_rfc_5256_are_written() {
        let mut forest = Forest::default();
        let last = forest.add(Some(96), vec![]);
        let seven = forest.add(Some(7), vec![last]);
        let right = forest.add(Some(44), vec![seven]);
        let below = forest.add(Some(23), vec![]);
        let left = forest.add(Some(4), vec![below]);
        let six = forest.add(Some(6), vec![left, right]);
        let three = forest.add(Some(3), vec![six]);
        let two = forest.add(Some(2), vec![]);
        forest.set_roots(vec![two, three]);
        assert_eq!(written(&forest), "(2)(3 6 (4 23)(44 7 96))");

        let mut forest = Forest::default();
        let siblings = vec![forest.add(Some(3), vec![]), forest.add(Some(5), vec![])];
        let dummy = forest.add(None, siblings);
        forest.set_roots(vec![dummy]);
        assert_eq!(written(&forest), "((3)(5))");
        assert_eq!(written(&Forest::default()), "");
    }

    #[test]
    fn a_thread_may_be_as_deep_as_it_likes() {
        let mut forest = Forest::default();
        let mut node = forest.add(Some(1), vec![]);
        for _ in 0..200_000 {
            node = forest.add(Some(1), vec![node]);
        }
        forest.set_roots(vec![node]);
        assert_eq!(written(&forest).len(), 2 * 200_001 + 1);
    }
}
