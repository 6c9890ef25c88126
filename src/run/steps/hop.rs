//! Next hops: `accept`, `serve`, `arrival`, `heard`.

use std::sync::Arc;

use super::eventually::lack;
use super::served;
use crate::hop;
use crate::run::halt::{Cause, Halt};
use crate::run::hop::Hop;
use crate::run::mailbox;
use crate::run::servers::Doing;
use crate::run::session::Session;
use crate::run::stage::{Departure, Stage, Wait};
use crate::script::model::{
    Arrival, Endpoint, GivenName, HopAction, Law, NameHas, Serve, ServedAnswer, Step,
};
use crate::wire::Connection;

/// Does the step.
pub(super) async fn play(stage: &mut Stage, step: &Step, action: &HopAction) -> Result<(), Halt> {
    match action {
        HopAction::Accept { hop, law } => accept(stage, step, hop, law.as_ref()).await,
        HopAction::Talk(talk) => served::talk(stage, step, talk).await,
        HopAction::Receive(receive) => served::receive(stage, step, receive).await,
        HopAction::Serve(serve) => start_serving(stage, serve),
        HopAction::Arrival(wanted) => arrival(stage, step, wanted).await,
        HopAction::Heard { hop, bind } => heard(stage, hop, bind),
        HopAction::Stop { server, how } => go(stage, server, Doing::Stop(*how)).await,
        HopAction::Dns(names) => dns(stage, names),
        HopAction::Start { server } => go(stage, server, Doing::Start).await,
    }
}

/// `dns`: what names have from here on.
fn dns(stage: &Stage, names: &[GivenName]) -> Result<(), Halt> {
    let server = stage.target.names();
    let server = server.ok_or_else(|| Halt::Error("the target's name server is not ours".to_owned()))?;
    for GivenName { name, has } in names {
        let known = match has {
            NameHas::NoSuchName => hop::Known::NoSuchName,
            NameHas::Failure => hop::Known::Failure,
            NameHas::Silence => hop::Known::Silence,
            NameHas::Records { mx, addresses } => {
                let mut records = Vec::new();
                for template in mx {
                    let text = text(stage, template)?;
                    let wrong = || Halt::Error(format!("`{text}` is no MX record, as `10 mail.example` is"));
                    let (preference, host) = text.split_once(' ').ok_or_else(wrong)?;
                    let preference = preference.parse().map_err(|_| wrong())?;
                    records.push(hop::DnsRecord::Mx(preference, host.trim().to_owned()));
                }
                for template in addresses {
                    let text = text(stage, template)?;
                    let address = text.trim().parse();
                    let address = address.map_err(|_| Halt::Error(format!("`{text}` is no IP address")))?;
                    records.push(hop::DnsRecord::Address(address));
                }
                hop::Known::Records(records)
            }
        };
        server.set(&text(stage, name)?, known);
    }
    Ok(())
}

/// `stop` and `start`: the server behind a next hop.
async fn go(stage: &Stage, name: &str, doing: Doing) -> Result<(), Halt> {
    let server = stage.servers.find(name);
    let server = server.ok_or_else(|| Halt::Error(format!("the case has no server `{name}`")))?;
    server.go(doing).await
}

fn find(stage: &Stage, name: &str) -> Result<Arc<Hop>, Halt> {
    stage.hops.find(name).ok_or_else(|| Halt::Error(format!("the case has no next hop `{name}`")))
}

/// `accept`: the target's next connection.
async fn accept(stage: &mut Stage, step: &Step, name: &str, law: Option<&Law>) -> Result<(), Halt> {
    let hop = find(stage, name)?;
    let wait = stage.wait(step.within);
    let waiting = stage.only_waits();
    let accepted = hop.accept(wait.deadline).await;
    drop(waiting);
    let accepted = accepted.map_err(|error| Halt::Error(format!("no connection can be taken: {error}")))?;
    let Some(tcp) = accepted else {
        let expected = format!("the target connects to the next hop `{name}`");
        return missed(stage, step, law, wait, expected, "no connection".to_owned());
    };
    let connection = Connection::accepted(tcp, step.on.clone(), Arc::clone(stage.evidence.recorder()));
    let session = Session::new(connection, Endpoint::Smtp);
    if let Some(mut before) = stage.sessions.insert(step.on.clone(), session) {
        before.connection.drop_now().await;
    }
    Ok(())
}

/// Nothing came while it was waited for.
fn missed(
    stage: &Stage,
    step: &Step,
    law: Option<&Law>,
    wait: Wait,
    expected: String,
    label: String,
) -> Result<(), Halt> {
    if wait.cut {
        let reason = format!("the case's time was up: {expected}");
        return Err(Halt::Blocked { reason, cause: Cause::Silence });
    }
    let actual = format!("{label} within {:?}", wait.within);
    stage.depart(law, step.span, Departure { expected, actual, label, cause: Cause::Silence })
}

/// `serve`: connections are answered without the script.
fn start_serving(stage: &Stage, serve: &Serve) -> Result<(), Halt> {
    let hop = find(stage, &serve.hop)?;
    let mut manner = hop::Manner::default();
    if let Some(offers) = &serve.offers {
        manner.offers = offers.iter().map(|line| text(stage, line)).collect::<Result<_, _>>()?;
    }
    for (moment, answers) in &serve.answers {
        manner.answers.insert(*moment, in_turn(stage, answers)?);
    }
    for (local, answers) in &serve.recipients {
        manner.recipients.push((local.clone(), in_turn(stage, answers)?));
    }
    hop.serve(manner, stage.evidence.recorder());
    Ok(())
}

fn in_turn(stage: &Stage, answers: &[ServedAnswer]) -> Result<Vec<hop::Answer>, Halt> {
    let answer = |answer: &ServedAnswer| {
        Ok(match answer {
            ServedAnswer::Reply(template) => {
                hop::Answer::Reply(text(stage, template)?.lines().map(str::to_owned).collect())
            }
            ServedAnswer::Silence => hop::Answer::Silence,
            ServedAnswer::Drop => hop::Answer::Drop,
            ServedAnswer::Reset => hop::Answer::Reset,
        })
    };
    answers.iter().map(answer).collect()
}

fn text(stage: &Stage, template: &crate::script::template::Template) -> Result<String, Halt> {
    Ok(String::from_utf8_lossy(&stage.octets(template)?).into_owned())
}

/// `arrival`: a message that came while the script was not asked.
async fn arrival(stage: &mut Stage, step: &Step, wanted: &Arrival) -> Result<(), Halt> {
    let hop = find(stage, &wanted.hop)?;
    let wait = stage.wait(step.within);
    let log = Arc::clone(hop.log());
    let waiting = stage.only_waits();
    let mut nearest = None;
    let fits = |arrival: &hop::Arrival| {
        let lack = lack(stage, &wanted.has, &arrival.message)?;
        let fits = lack.is_none();
        nearest = lack.map(|lack| lack.actual);
        Ok::<_, Halt>(fits)
    };
    let taken = log.take(wait.deadline, fits).await;
    drop(waiting);
    let Some(arrival) = taken? else {
        let expected = format!("such a message arrives at the next hop `{}`", wanted.hop);
        let label = nearest.map_or_else(
            || "no message arrived".to_owned(),
            |nearest| format!("no such message arrived, the latest with {nearest}"),
        );
        return missed(stage, step, wanted.law.as_ref(), wait, expected, label);
    };
    if let Some(name) = &wanted.bind {
        bind(stage, name, arrival);
    }
    Ok(())
}

fn bind(stage: &mut Stage, name: &str, arrival: hop::Arrival) {
    let to: Vec<&str> = arrival.rcpt.iter().map(|line| hop::path(line)).collect();
    let parts: [(&str, Vec<u8>); 9] = [
        ("body", mailbox::body(&arrival.message).to_vec()),
        ("hello", arrival.hello.clone().into_bytes()),
        ("mail", arrival.mail.clone().into_bytes()),
        ("rcpt", arrival.rcpt.join("\n").into_bytes()),
        ("from", hop::path(&arrival.mail).as_bytes().to_vec()),
        ("to", to.join(" ").into_bytes()),
        ("tls", if arrival.tls { b"yes".to_vec() } else { b"no".to_vec() }),
        ("at", arrival.at.as_millis().to_string().into_bytes()),
        ("connection", arrival.connection.to_string().into_bytes()),
    ];
    for (part, value) in parts {
        stage.bindings.set(format!("{name}.{part}"), value);
    }
    stage.bindings.set(name, arrival.message);
}

/// `heard`: what was said while the script was not asked.
fn heard(stage: &mut Stage, name: &str, bind: &str) -> Result<(), Halt> {
    let log = Arc::clone(find(stage, name)?.log());
    let lines = log.lines();
    let commands: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("C: ")).collect();
    stage.bindings.set(format!("{bind}.commands"), commands.join("\n").into_bytes());
    stage.bindings.set(format!("{bind}.connections"), log.connections().to_string().into_bytes());
    stage.bindings.set(format!("{bind}.messages"), log.messages().to_string().into_bytes());
    stage.bindings.set(bind, lines.join("\n").into_bytes());
    Ok(())
}
