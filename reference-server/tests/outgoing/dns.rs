//! A name server of a few names, for the tests: what it does not know does not exist.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, TXT};
use hickory_proto::rr::{Name, RData, Record};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// What is known of a name.
#[derive(Clone)]
enum Known {
    Records(Vec<RData>),
    Failure(ResponseCode),
    Silence,
}

/// The server; it ends with this.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    zone: Arc<Mutex<HashMap<String, Known>>>,
    task: JoinHandle<()>,
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl NameServer {
    pub(crate) async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let zone: Arc<Mutex<HashMap<String, Known>>> = Arc::default();
        let known = Arc::clone(&zone);
        let task = tokio::spawn(async move {
            let mut octets = [0; 2000];
            loop {
                let (count, peer) = socket.recv_from(&mut octets).await.unwrap();
                let question = Message::from_vec(&octets[..count]).unwrap();
                let answer = answer(&known.lock().unwrap(), &question);
                if let Some(answer) = answer {
                    socket.send_to(&answer.to_vec().unwrap(), peer).await.unwrap();
                }
            }
        });
        Self { address, zone, task }
    }

    fn add(&self, name: &str, data: RData) {
        let mut zone = self.zone.lock().unwrap();
        match zone.entry(name.to_owned()).or_insert_with(|| Known::Records(Vec::new())) {
            Known::Records(records) => records.push(data),
            other => *other = Known::Records(vec![data]),
        }
    }

    pub(crate) fn mx(&self, name: &str, preference: u16, host: &str) -> &Self {
        self.add(name, RData::MX(MX::new(preference, absolute(host))));
        self
    }

    pub(crate) fn address(&self, name: &str, ip: &str) -> &Self {
        self.add(
            name,
            match ip.parse().unwrap() {
                IpAddr::V4(ip) => RData::A(A(ip)),
                IpAddr::V6(ip) => RData::AAAA(AAAA(ip)),
            },
        );
        self
    }

    pub(crate) fn alias(&self, name: &str, of: &str) -> &Self {
        self.add(name, RData::CNAME(CNAME(absolute(of))));
        self
    }

    /// A name that is there, and has nothing for mail.
    pub(crate) fn text(&self, name: &str) -> &Self {
        self.add(name, RData::TXT(TXT::new(vec!["no mail".to_owned()])));
        self
    }

    pub(crate) fn failing(&self, name: &str) -> &Self {
        self.zone.lock().unwrap().insert(name.to_owned(), Known::Failure(ResponseCode::ServFail));
        self
    }

    pub(crate) fn silent(&self, name: &str) -> &Self {
        self.zone.lock().unwrap().insert(name.to_owned(), Known::Silence);
        self
    }

    pub(crate) fn forget(&self, name: &str) -> &Self {
        self.zone.lock().unwrap().remove(name);
        self
    }
}

fn absolute(name: &str) -> Name {
    Name::from_ascii(format!("{}.", name.trim_end_matches('.'))).unwrap()
}

fn answer(zone: &HashMap<String, Known>, question: &Message) -> Option<Message> {
    let query = question.queries.first()?;
    let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    answer.metadata.recursion_available = true;
    answer.add_query(query.clone());
    let mut name = query.name().clone();
    loop {
        match zone.get(name.to_ascii().to_ascii_lowercase().trim_end_matches('.')) {
            None => answer.metadata.response_code = ResponseCode::NXDomain,
            Some(Known::Silence) => return None,
            Some(Known::Failure(code)) => answer.metadata.response_code = *code,
            Some(Known::Records(records)) => {
                for data in records.iter().filter(|data| data.record_type() == query.query_type()) {
                    answer.add_answer(Record::from_rdata(name.clone(), 0, data.clone()));
                }
                let alias = records.iter().find_map(|data| match data {
                    RData::CNAME(alias) => Some(alias.0.clone()),
                    _ => None,
                });
                if let Some(of) = alias {
                    answer.add_answer(Record::from_rdata(name, 0, RData::CNAME(CNAME(of.clone()))));
                    name = of;
                    continue;
                }
            }
        }
        return Some(answer);
    }
}
