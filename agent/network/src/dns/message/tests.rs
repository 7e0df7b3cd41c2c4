//! Messages, byte by byte where it counts.

use super::*;

/// A question as programs write it: without EDNS, or with a size.
fn question(name: &str, kind: u16, size: Option<u16>) -> Vec<u8> {
    let mut bytes = vec![0xab, 0xcd, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(size.is_some())];
    for label in name.split('.').filter(|l| !l.is_empty()) {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes.extend(kind.to_be_bytes());
    bytes.extend([0, 1]);
    if let Some(size) = size {
        bytes.extend([0, 0, 41]);
        bytes.extend(size.to_be_bytes());
        bytes.extend([0; 6]);
    }
    bytes
}

fn asked(bytes: &[u8]) -> Asked {
    match read(bytes) {
        Read::Asked(asked) => asked,
        Read::Wrong(_) | Read::Noise => panic!("{bytes:?}"),
    }
}

fn addresses(count: u8) -> Found {
    let data = |n| Data::Address([10, 1, 0, n].into());
    let record = |n| Record { name: "db.shop.svc.cluster.local".into(), data: data(n) };
    Found { exists: true, records: (0..count).map(record).collect(), ..Found::default() }
}

#[test]
fn a_question_is_read_and_echoed() {
    for (name, kind, text, expected) in [
        ("Web.SHOP.svc.cluster.local", 1, "web.shop.svc.cluster.local", About::A),
        ("example.com", 65, "example.com", About::Other),
        ("", 2, "", About::Ns),
        ("a b.c", 255, "a?b.c", About::Any),
    ] {
        let bytes = question(name, kind, None);
        let asked = asked(&bytes);
        assert_eq!(asked.question, super::super::Question { name: text.into(), about: expected });
        let reply = asked.refuse(RCODE::ServerFailure);
        assert_eq!(reply[..4], [0xab, 0xcd, 0x81, 0x82], "{name}");
        assert_eq!(reply[12..], bytes[12..], "{name}: as it was asked");
        assert!(answers(&reply, &bytes));
        assert!(!answers(&bytes, &bytes), "a question is no answer");
    }
}

#[test]
fn what_is_no_question_is_refused_or_left_alone() {
    let with = |change: fn(&mut Vec<u8>)| {
        let mut bytes = question("a.b", 1, None);
        change(&mut bytes);
        match read(&bytes) {
            Read::Asked(_) => "asked".to_owned(),
            Read::Wrong(reply) => format!("wrong {}", reply[3] & 0xf),
            Read::Noise => "noise".to_owned(),
        }
    };
    for (change, expected) in [
        ((|_| ()) as fn(&mut Vec<u8>), "asked"),
        (|b| b[2] |= 0x80, "noise"),
        (|b| b.truncate(3), "noise"),
        (|b| b[2] |= 0x28, "wrong 4"),
        (|b| b[5] = 0, "wrong 1"),
        (|b| b.truncate(15), "wrong 1"),
        (|b| b[12] = 0xc0, "wrong 1"),
        (|b| *b.last_mut().unwrap() = 3, "wrong 5"),
    ] {
        assert_eq!(with(change), expected);
    }
}

#[test]
fn an_answer_is_cut_to_what_the_asker_takes() {
    let found = addresses(200);
    for (takes, over, whole) in [
        (None, Over::Udp, false),
        (Some(1232), Over::Udp, false),
        (Some(100), Over::Udp, false),
        (Some(4096), Over::Udp, true),
        (None, Over::Tcp, true),
    ] {
        let reply = asked(&question("db.shop.svc.cluster.local", 1, takes)).answer(&found, None, over, 0);
        let limit = if over == Over::Tcp { u16::MAX } else { takes.unwrap_or(SMALL).max(SMALL) };
        assert!(reply.len() <= usize::from(limit));
        let packet = Packet::parse(&reply).unwrap();
        assert_eq!(packet.has_flags(PacketFlag::TRUNCATION), !whole, "{takes:?} {over:?}");
        assert_eq!(packet.answers.len() == 200, whole);
        let room = usize::from(limit) - reply.len();
        assert!(whole || room < 16, "{room} bytes are left: one more would have had room");
        assert_eq!(packet.opt().is_some(), takes.is_some());
    }
}

#[test]
fn several_addresses_take_turns() {
    let asked = asked(&question("db.shop.svc.cluster.local", 1, None));
    let first = |turn| {
        let reply = asked.answer(&addresses(3), None, Over::Udp, turn);
        let packet = Packet::parse(&reply).unwrap();
        match &packet.answers[0].rdata {
            RData::A(a) => a.address & 0xff,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([0, 1, 2, 3].map(first), [0, 1, 2, 0]);
}

#[test]
fn what_is_missing_is_said_by_the_zone() {
    let soa = Record { name: DOMAIN.into(), data: Data::Soa(7) };
    let found = Found { authority: Some(soa), ..Found::default() };
    let reply = asked(&question("no.cluster.local", 28, None)).answer(&found, None, Over::Udp, 3);
    let packet = Packet::parse(&reply).unwrap();
    assert_eq!((packet.rcode(), packet.name_servers.len(), packet.answers.len()), (RCODE::NameError, 1, 0));
    assert!(
        matches!(&packet.name_servers[0].rdata, RData::SOA(soa) if soa.serial == 7 && soa.minimum == KEEP)
    );
}

#[test]
fn a_name_outside_is_followed() {
    let asked = asked(&question("mail.shop.svc.cluster.local", 1, None));
    let name = "mail.shop.svc.cluster.local".to_owned();
    let found = Found {
        records: vec![Record { name, data: Data::Cname("mx.example.com".into()) }],
        follow: Some("mx.example.com".into()),
        ..Found::default()
    };
    let query = asked.about("mx.example.com").unwrap();
    let mut reply = Packet::new_reply(0xabcd);
    reply.questions = Packet::parse(&query).unwrap().questions;
    let name = Name::new("mx.example.com").unwrap();
    reply.answers = vec![ResourceRecord::new(
        name,
        CLASS::IN,
        60,
        RData::A(std::net::Ipv4Addr::new(192, 0, 2, 1).into()),
    )];
    let reply = reply.build_bytes_vec_compressed().unwrap();
    assert!(answers(&reply, &query));
    let whole = asked.answer(&found, beyond(&reply), Over::Udp, 1);
    let packet = Packet::parse(&whole).unwrap();
    let names: Vec<_> = packet.answers.iter().map(|r| r.name.to_string()).collect();
    assert_eq!(
        (packet.rcode(), names),
        (RCODE::NoError, vec!["mail.shop.svc.cluster.local".into(), "mx.example.com".into()])
    );
}
