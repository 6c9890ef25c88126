//! Steps that hold steps: groups, loops, branches, alternatives; and the conditions of a step.

use super::scope::Scope;
use super::{Context, needs, step, texts, uses, wait};
use crate::script::construct::{ALTERNATIVE, FOR, REPEAT};
use crate::script::model::{Action, Alternative, Condition, Sense, Step, Test};
use crate::script::template::{Escapes, is_name};
use crate::source::{Fields, Node};

/// The most times that a loop runs: a case has a deadline anyway.
const MAX_TIMES: usize = 100_000;

/// Which of them it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Steps,
    Repeat,
    For,
    Together,
    AnyOf,
    Use,
}

/// Reads what stands behind the word.
pub(super) fn read(
    context: &mut Context<'_>,
    scope: &mut Scope,
    kind: BlockKind,
    node: &Node,
) -> Option<Action> {
    match kind {
        BlockKind::Steps => Some(Action::Steps(step::read_list(context, scope, node))),
        BlockKind::Repeat => repeat(context, scope, node),
        BlockKind::For => each(context, scope, node),
        BlockKind::Together => together(context, scope, node),
        BlockKind::AnyOf => any_of(context, scope, node),
        BlockKind::Use => uses::read(context, scope, node),
    }
}

fn repeat(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Option<Action> {
    let what = REPEAT.what;
    let fields = context.fields(node, REPEAT)?;
    let times = context.decoder.required(&fields, what, "times");
    let times = times.and_then(|node| context.decoder.number(node, "`times`", MAX_TIMES));
    let bind = fields.get("as").and_then(|node| variable(context, scope, node, "`as`"));
    let steps = inner(context, scope, &fields, what)?;
    Some(Action::Repeat { times: times?, bind, steps })
}

fn each(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Option<Action> {
    let what = FOR.what;
    let fields = context.fields(node, FOR)?;
    let values = context.decoder.required(&fields, what, "in");
    let values = values.and_then(|node| context.decoder.list(node, "`in`")).map(|items| {
        let value = |item| texts::template(context, scope, item, "an item of `in`", Escapes::Kept);
        items.iter().filter_map(value).collect()
    });
    let bind = context.decoder.required(&fields, what, "each");
    let bind = bind.and_then(|node| variable(context, scope, node, "`each`"));
    let steps = inner(context, scope, &fields, what)?;
    Some(Action::For { bind: bind?, values: values?, steps })
}

fn inner(context: &mut Context<'_>, scope: &mut Scope, fields: &Fields<'_>, what: &str) -> Option<Vec<Step>> {
    let node = context.decoder.required(fields, what, "steps")?;
    Some(step::read_list(context, scope, node))
}

/// The name of a variable that is bound from here on.
fn variable(context: &mut Context<'_>, scope: &mut Scope, node: &Node, what: &str) -> Option<String> {
    let name = context.decoder.sentence(node, what)?;
    if !is_name(&name) {
        let message = format!("`{name}` is no name of a variable");
        context.decoder.mistake_help(node.span, message, "write the bare name");
        return None;
    }
    scope.bind(&name);
    Some(name)
}

/// Branches know what was there before them, and not what the others bind or open.
fn together(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Option<Action> {
    let items = context.decoder.list(node, "`together`")?;
    if items.len() < 2 {
        let help = "each branch is a list of steps: `- - login`, or `- [login, …]`";
        context.decoder.mistake_help(node.span, "`together` needs at least two branches", help);
        return None;
    }
    let mut branches: Vec<Vec<Step>> = Vec::new();
    let mut courses: Vec<(Scope, Vec<String>)> = Vec::new();
    for item in items {
        let mut course = scope.clone();
        let steps = step::read_list(context, &mut course, item);
        let names = connections(&steps);
        for (_, others) in &courses {
            for name in names.iter().filter(|name| others.contains(name)) {
                let message = format!("two branches use the connection `{name}`");
                let help = "give each branch connections of its own, as `login: {name: second}`";
                context.decoder.mistake_help(item.span, message, help);
            }
        }
        refuse_ends(context, &steps);
        courses.push((course, names));
        branches.push(steps);
    }
    scope.gather(courses);
    Some(Action::Together(branches))
}

/// The names of the connections that steps are about, each once.
fn connections(steps: &[Step]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for step in steps {
        step.walk(&mut |step| {
            if let Some(name) = step.connection().filter(|name| !names.iter().any(|known| known == name)) {
                names.push(name.to_owned());
            }
        });
    }
    names
}

fn refuse_ends(context: &mut Context<'_>, steps: &[Step]) {
    for step in steps {
        step.walk(&mut |step| {
            if matches!(step.action, Action::Restart | Action::Kill) {
                let message = "a branch cannot end the target: the other branches need it";
                context.decoder.mistake_help(step.span, message, "put it before or behind `together`");
            }
        });
    }
}

fn any_of(context: &mut Context<'_>, scope: &mut Scope, node: &Node) -> Option<Action> {
    let what = ALTERNATIVE.what;
    let items = context.decoder.list(node, "`any-of`")?;
    if items.len() < 2 {
        let help = "write `- {name: …, steps: […]}` for each";
        context.decoder.mistake_help(node.span, "`any-of` needs at least two alternatives", help);
        return None;
    }
    let mut alternatives = Vec::new();
    let mut courses = Vec::new();
    for item in items {
        let Some(fields) = context.fields(item, ALTERNATIVE) else { continue };
        let name = context.decoder.required(&fields, what, "name");
        let name = name.and_then(|node| context.decoder.sentence(node, "`name`"));
        let mut course = scope.clone();
        let steps = inner(context, &mut course, &fields, what);
        courses.push(course);
        if let (Some(name), Some(steps)) = (name, steps) {
            alternatives.push(Alternative { name, steps, span: item.span });
        }
    }
    scope.join(courses);
    Some(Action::AnyOf(alternatives))
}

/// Reads `when` or `unless`: a condition as in `needs`, or a comparison as in `check`.
pub(super) fn condition(
    context: &mut Context<'_>,
    scope: &Scope,
    sense: Sense,
    node: &Node,
) -> Option<Condition> {
    let compares = node.entries().is_some_and(|entries| entries.iter().any(|entry| entry.key == "value"));
    if !compares {
        return needs::read_one(context, node).map(|need| Condition { sense, test: Test::Need(need) });
    }
    let check = wait::check(context, scope, node)?;
    if let Some(law) = &check.law {
        context.decoder.mistake_help(law.span, "a condition judges nothing", "judge it with a `check`");
    }
    Some(Condition { sense, test: Test::Value(Box::new(check)) })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{RULE, case, mistakes};
    use super::*;

    fn with(steps: &str) -> String {
        format!("steps:\n{steps}\n  - check: {{value: a, equals: a, law: {RULE}}}\n")
    }

    #[test]
    fn branches_have_connections_of_their_own() {
        let two = |second: &str| {
            with(&format!(
                "  - login\n  - together:\n    - - talk: 'C: NOOP'\n    - - login: {{name: {second}}}\n"
            ))
        };
        assert_eq!(mistakes("pop3", &two("b")), [""; 0]);
        assert_eq!(mistakes("pop3", &two("main")), ["two branches use the connection `main`"]);
        let killed = with("  - together:\n    - [kill]\n    - [login]\n");
        assert_eq!(mistakes("pop3", &killed).len(), 1);
        let one = with("  - together:\n    - [login]\n");
        assert_eq!(mistakes("pop3", &one), ["`together` needs at least two branches"]);
    }

    #[test]
    fn what_a_branch_binds_is_known_behind_it_and_not_beside_it() {
        let body = |read: &str, behind: &str| {
            with(&format!(
                "  - together:\n    - [{{let: {{a: x}}}}, {{let: {{b: '${{a}}'}}}}]\n    - [{{let: {{c: '{read}'}}}}]\n  - let: {{d: '{behind}'}}"
            ))
        };
        assert_eq!(mistakes("pop3", &body("x", "${a}${b}${c}")), [""; 0]);
        assert_eq!(mistakes("pop3", &body("${a}", "x")).len(), 1);
    }

    #[test]
    fn an_alternative_may_close_what_another_leaves_open() {
        let body = with(
            "  - login\n  - any-of:\n    - {name: closes, steps: [closed]}\n    - {name: stays, steps: [{silence: 1ms}]}\n  - talk: 'C: NOOP'\n",
        );
        let case = case("pop3", &body);
        let Action::AnyOf(alternatives) = &case.steps[1].action else { panic!() };
        assert_eq!(alternatives[0].name, "closes");
        let nameless = with("  - any-of:\n    - {steps: [login]}\n    - {name: b, stesp: [login]}\n");
        assert_eq!(mistakes("pop3", &nameless).len(), 3);
    }

    #[test]
    fn loops_bind_their_variable() {
        let body = with(
            "  - repeat: {times: 3, as: i, steps: [{let: {a: '${i}'}}]}\n  - for: {each: w, in: [x, '${a}'], steps: [{let: {b: '${w}'}}]}\n",
        );
        let case = case("pop3", &body);
        assert!(
            matches!(&case.steps[0].action, Action::Repeat { times: 3, bind: Some(name), .. } if name == "i")
        );
        assert!(matches!(&case.steps[1].action, Action::For { values, .. } if values.len() == 2));
        assert_eq!(mistakes("pop3", &with("  - repeat: {times: -1, steps: [login]}\n")).len(), 1);
        assert_eq!(mistakes("pop3", &with("  - for: {each: w, steps: [login]}\n")).len(), 1);
    }

    #[test]
    fn a_step_has_conditions_of_two_kinds() {
        let body = with(
            "  - {login: , when: TOP, unless: {value: '${alice.user}', equals: bob}}\n  - steps: [drop]\n    when: {imap: tls}\n",
        );
        let case = case("pop3", &body);
        let [when, unless] = case.steps[0].conditions.as_slice() else { panic!() };
        assert!(matches!((when.sense, &when.test), (Sense::When, Test::Need(_))));
        assert!(matches!((unless.sense, &unless.test), (Sense::Unless, Test::Value(_))));
        let judged = with("  - {login: , when: {value: a, equals: a, law: rfc1939-6-1}}\n");
        assert_eq!(mistakes("pop3", &judged), ["a condition judges nothing"]);
    }

    #[test]
    fn a_teardown_judges_nothing() {
        let body = |law: &str| with("  - login\n") + &format!("teardown: [{{closed: {law}}}]\n");
        assert_eq!(mistakes("pop3", &body("")), [""; 0]);
        assert_eq!(mistakes("pop3", &body("{law: rfc1939-6-1}")), ["a teardown judges nothing"]);
    }
}
