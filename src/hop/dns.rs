//! A name server of the names that cases give it (RFC 1035), over UDP and TCP on loopback: MX and
//! addresses, names that do not exist, failures, and silence. It knows nothing else.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, MX};
use hickory_proto::rr::{Name, RData, Record};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinHandle;

/// The longest question that is read.
const MAX_QUESTION: usize = 4096;

/// How long a question over TCP may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tries for a port that is free for both protocols.
const PORTS: usize = 20;

/// What a name has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// These records, and no others.
    Records(Vec<DnsRecord>),
    /// There is no such name.
    NoSuchName,
    /// The name server fails.
    Failure,
    /// The name server does not answer.
    Silence,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsRecord {
    /// A host that takes mail, with its preference; `.` for none (RFC 7505).
    Mx(u16, String),
    /// An address.
    Address(IpAddr),
}

/// What all names have, in lower case and without the final dot.
type Names = Arc<Mutex<HashMap<String, Known>>>;

/// The name server; it ends with this.
#[derive(Debug)]
pub struct NameServer {
    address: SocketAddr,
    names: Names,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for NameServer {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl NameServer {
    /// Starts it at any port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> std::io::Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut tries = 0;
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind(any).await?;
            match TcpListener::bind(udp.local_addr()?).await {
                Ok(tcp) => break (udp, tcp),
                Err(error) if tries >= PORTS => return Err(error),
                Err(_) => tries += 1,
            }
        };
        let (address, names) = (udp.local_addr()?, Names::default());
        let tasks = [
            tokio::spawn(over_udp(udp, Arc::clone(&names))),
            tokio::spawn(over_tcp(tcp, Arc::clone(&names))),
        ];
        Ok(Self { address, names, tasks })
    }

    /// Where it is asked.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says what a name has from now on.
    pub fn set(&self, name: &str, known: Known) {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(name, known);
    }
}

async fn over_udp(socket: UdpSocket, names: Names) {
    let mut question = vec![0; MAX_QUESTION];
    loop {
        let Ok((count, peer)) = socket.recv_from(&mut question).await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        if let Some(answer) = answer(&names, question.get(..count).unwrap_or_default()) {
            // Who does not get it asks again.
            let _ = socket.send_to(&answer, peer).await;
        }
    }
}

async fn over_tcp(listener: TcpListener, names: Names) {
    let mut sessions = tokio::task::JoinSet::new();
    loop {
        while sessions.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let names = Arc::clone(&names);
        sessions.spawn(async move { tokio::time::timeout(PATIENCE, session(stream, names)).await });
    }
}

/// Questions over TCP have their length before them (RFC 1035, section 4.2.2).
async fn session(mut stream: TcpStream, names: Names) -> std::io::Result<()> {
    loop {
        let length = usize::from(stream.read_u16().await?).min(MAX_QUESTION);
        let mut question = vec![0; length];
        stream.read_exact(&mut question).await?;
        let Some(answer) = answer(&names, &question) else { continue };
        let Ok(length) = u16::try_from(answer.len()) else { return Ok(()) };
        stream.write_u16(length).await?;
        stream.write_all(&answer).await?;
    }
}

/// The answer to a question; none to what is no question, and where there shall be silence.
fn answer(names: &Names, question: &[u8]) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).ok()?;
    let query = question.queries.first()?;
    let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    answer.metadata.recursion_available = true;
    answer.metadata.recursion_desired = question.metadata.recursion_desired;
    answer.add_query(query.clone());
    let name = query.name().to_ascii().trim_end_matches('.').to_ascii_lowercase();
    let known = names.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
    match known.unwrap_or(Known::NoSuchName) {
        Known::Silence => return None,
        Known::NoSuchName => answer.metadata.response_code = ResponseCode::NXDomain,
        Known::Failure => answer.metadata.response_code = ResponseCode::ServFail,
        Known::Records(records) => {
            let data =
                records.iter().filter_map(data).filter(|data| data.record_type() == query.query_type());
            for data in data {
                answer.add_answer(Record::from_rdata(query.name().clone(), 0, data));
            }
        }
    }
    answer.to_vec().ok()
}

fn data(record: &DnsRecord) -> Option<RData> {
    Some(match record {
        DnsRecord::Mx(preference, host) => {
            let host = Name::from_ascii(format!("{}.", host.trim_end_matches('.'))).ok()?;
            RData::MX(MX::new(*preference, host))
        }
        DnsRecord::Address(IpAddr::V4(address)) => RData::A(A(*address)),
        DnsRecord::Address(IpAddr::V6(address)) => RData::AAAA(AAAA(*address)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::op::Query;
    use hickory_proto::rr::RecordType;

    fn question(name: &str, kind: RecordType) -> Vec<u8> {
        let mut question = Message::new(7, MessageType::Query, OpCode::Query);
        question.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
        question.to_vec().unwrap()
    }

    #[tokio::test]
    async fn names_have_what_they_were_given_over_udp_and_tcp() {
        let server = NameServer::start().await.unwrap();
        let mx = vec![DnsRecord::Mx(10, "a.example".to_owned()), DnsRecord::Mx(0, ".".to_owned())];
        server.set("Zone.example", Known::Records(mx));
        server.set("broken.example", Known::Failure);
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut octets = [0; 512];
        let mut ask = async |name: &str, kind| {
            udp.send_to(&question(name, kind), server.address()).await.unwrap();
            let count = tokio::time::timeout(PATIENCE, udp.recv(&mut octets)).await.unwrap().unwrap();
            Message::from_vec(&octets[..count]).unwrap()
        };
        assert_eq!(ask("zone.EXAMPLE.", RecordType::MX).await.answers.len(), 2);
        assert_eq!(ask("zone.example.", RecordType::A).await.answers.len(), 0);
        let code = async |message: Message| message.metadata.response_code;
        assert_eq!(code(ask("broken.example.", RecordType::MX).await).await, ResponseCode::ServFail);
        assert_eq!(code(ask("none.example.", RecordType::MX).await).await, ResponseCode::NXDomain);
        let mut tcp = TcpStream::connect(server.address()).await.unwrap();
        let asked = question("zone.example.", RecordType::MX);
        tcp.write_u16(u16::try_from(asked.len()).unwrap()).await.unwrap();
        tcp.write_all(&asked).await.unwrap();
        let mut heard = vec![0; usize::from(tcp.read_u16().await.unwrap())];
        tcp.read_exact(&mut heard).await.unwrap();
        assert_eq!(Message::from_vec(&heard).unwrap().answers.len(), 2);
    }

    #[test]
    fn what_is_no_question_is_not_answered() {
        let names = Names::default();
        for octets in [&b""[..], b"x", &[0; 12], &[255; 40]] {
            assert_eq!(answer(&names, octets), None);
        }
    }
}
