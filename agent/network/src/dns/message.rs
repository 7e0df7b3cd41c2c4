//! Questions and answers on the wire.

mod read;

use super::{About, DOMAIN, Data, Found, Record};
use simple_dns::{
    CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, ResourceRecord, TYPE,
    rdata::{CNAME, NS, OPT, PTR, RData, SOA, SRV, TXT},
};
use std::net::IpAddr;

pub(super) use read::{Asked, Read, read};

/// How long an answer of ours may be kept, in seconds.
const KEEP: u32 = 5;
/// The largest datagram that is sent, and the largest that one who says nothing takes.
const LARGE: u16 = 4096;
const SMALL: u16 = 512;

/// How a question came and its answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// In datagrams.
    Udp,
    /// In a stream.
    Tcp,
}

/// What somebody outside said of a name that one of ours stands for.
#[derive(Debug, Clone, Default)]
pub(super) struct Beyond {
    records: Vec<ResourceRecord<'static>>,
    missing: bool,
}

impl Asked {
    /// The answer to it; `turn` says which of several records comes first.
    pub(super) fn answer(&self, found: &Found, beyond: Option<Beyond>, over: Over, turn: usize) -> Vec<u8> {
        let beyond = beyond.unwrap_or_default();
        let mut records: Vec<_> = found.records.iter().filter_map(record).collect();
        let plain = !records.is_empty() && found.records.iter().all(|r| !matches!(r.data, Data::Cname(_)));
        if plain {
            let first = turn % records.len();
            records.rotate_left(first);
        }
        records.extend(beyond.records);
        let exists = (found.exists || found.follow.is_some()) && !beyond.missing;
        let mut packet = self.packet(if exists { RCODE::NoError } else { RCODE::NameError });
        packet.set_flags(PacketFlag::AUTHORITATIVE_ANSWER);
        packet.name_servers = found.authority.iter().filter_map(record).collect();
        packet.answers = records;
        packet.additional_records = found.beside.iter().filter_map(record).collect();
        self.cut(packet, over)
    }

    /// An answer that only says what is wrong.
    pub(super) fn refuse(&self, code: RCODE) -> Vec<u8> {
        self.packet(code).build_bytes_vec_compressed().unwrap_or_default()
    }

    /// The same question about another name, to be sent elsewhere.
    pub(super) fn about(&self, name: &str) -> Option<Vec<u8>> {
        let mut packet = Packet::new_query(self.id);
        packet.set_flags(PacketFlag::RECURSION_DESIRED);
        let kind = QTYPE::TYPE(TYPE::from(self.kind));
        packet.questions = vec![Question::new(Name::new(name).ok()?, kind, QCLASS::CLASS(CLASS::IN), false)];
        packet.build_bytes_vec().ok()
    }

    fn packet(&self, code: RCODE) -> Packet<'_> {
        let mut packet = Packet::new_reply(self.id);
        packet.set_flags(PacketFlag::RECURSION_AVAILABLE);
        if self.recursion {
            packet.set_flags(PacketFlag::RECURSION_DESIRED);
        }
        *packet.rcode_mut() = code;
        let kind = QTYPE::TYPE(TYPE::from(self.kind));
        packet.questions = vec![Question::new(self.name.clone(), kind, QCLASS::CLASS(CLASS::IN), false)];
        *packet.opt_mut() =
            self.takes.map(|_| OPT { opt_codes: Vec::new(), udp_packet_size: LARGE, version: 0 });
        packet
    }

    /// Leaves out what the asker cannot take in one piece, and says so.
    fn cut(&self, mut packet: Packet<'_>, over: Over) -> Vec<u8> {
        let limit = usize::from(match over {
            Over::Udp => self.takes.unwrap_or(SMALL).clamp(SMALL, LARGE),
            Over::Tcp => u16::MAX,
        });
        let build = |packet: &Packet<'_>| packet.build_bytes_vec_compressed().unwrap_or_default();
        let whole = build(&packet);
        if whole.len() <= limit {
            return whole;
        }
        // What was not asked for goes first, without a word.
        packet.additional_records.clear();
        let bare = build(&packet);
        if bare.len() <= limit {
            return bare;
        }
        packet.set_flags(PacketFlag::TRUNCATION);
        let all = std::mem::take(&mut packet.answers);
        let mut with = |count: usize| {
            packet.answers = all.iter().take(count).cloned().collect();
            build(&packet)
        };
        let (mut fits, mut does_not) = (0, all.len());
        while fits + 1 < does_not {
            let middle = usize::midpoint(fits, does_not);
            if with(middle).len() <= limit { fits = middle } else { does_not = middle }
        }
        with(fits)
    }
}

/// What a server outside answered; nothing when it could not.
pub(super) fn beyond(reply: &[u8]) -> Option<Beyond> {
    let packet = Packet::parse(reply).ok()?;
    let missing = match packet.rcode() {
        RCODE::NoError => false,
        RCODE::NameError => true,
        _ => return None,
    };
    let records = packet.answers.into_iter().map(ResourceRecord::into_owned).collect();
    Some(Beyond { records, missing })
}

/// Whether `reply` answers `question`: the same number, and the same words.
pub(super) fn answers(reply: &[u8], question: &[u8]) -> bool {
    let Some(end) = read::end(question) else { return false };
    let (Some(asked), Some(said)) = (question.get(12..end), reply.get(12..end)) else { return false };
    let is_reply = reply.get(2).is_some_and(|flags| flags & 0x80 != 0);
    is_reply && reply.get(..2) == question.get(..2) && asked.eq_ignore_ascii_case(said)
}

/// A record as it is sent; nothing when its name is too long to be one.
fn record(record: &Record) -> Option<ResourceRecord<'_>> {
    let name = |text: &'_ str| Name::new(text).map(Name::into_owned).ok();
    let data = match &record.data {
        Data::Address(IpAddr::V4(ip)) => RData::A((*ip).into()),
        Data::Address(IpAddr::V6(ip)) => RData::AAAA((*ip).into()),
        Data::Cname(target) => RData::CNAME(CNAME(name(target)?)),
        Data::Ptr(target) => RData::PTR(PTR(name(target)?)),
        Data::Ns(target) => RData::NS(NS(name(target)?)),
        Data::Txt(text) => RData::TXT(TXT::new().with_string(text).ok()?),
        Data::Srv { weight, port, target } => {
            RData::SRV(SRV { priority: 0, weight: *weight, port: *port, target: name(target)? })
        }
        Data::Soa(serial) => RData::SOA(SOA {
            mname: name(&format!("ns.dns.{DOMAIN}"))?,
            rname: name(&format!("hostmaster.{DOMAIN}"))?,
            serial: *serial,
            refresh: 7200,
            retry: 1800,
            expire: 86400,
            minimum: KEEP,
        }),
    };
    Some(ResourceRecord::new(Name::new(&record.name).ok()?, CLASS::IN, KEEP, data))
}

/// What a type's number asks for.
fn about(kind: u16) -> About {
    match TYPE::from(kind) {
        TYPE::A => About::A,
        TYPE::AAAA => About::Aaaa,
        TYPE::CNAME => About::Cname,
        TYPE::SRV => About::Srv,
        TYPE::PTR => About::Ptr,
        TYPE::TXT => About::Txt,
        TYPE::SOA => About::Soa,
        TYPE::NS => About::Ns,
        _ if kind == u16::from(QTYPE::ANY) => About::Any,
        _ => About::Other,
    }
}

#[cfg(test)]
mod tests;
