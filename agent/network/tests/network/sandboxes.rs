//! Sandboxes are made, found again, repaired and removed.

use crate::lab::{Host, is_possible};
use agent_network::{Bridge, Error, Sandboxes};
use shared_api::Cidr;
use std::{path::Path, time::Instant};

const DIR: &str = "/run/dhow/netns";

fn bridge(range: &str) -> Bridge {
    let bridge = Bridge::new(DIR, None);
    bridge.set_range(Some(range.parse::<Cidr>().unwrap()));
    bridge
}

#[test]
fn a_restarted_agent_finds_sandboxes_as_they_are() {
    if !is_possible() {
        return;
    }
    let host = Host::new();
    host.wait(async || {
        let first = bridge("10.1.0.0/24");
        let (a, b) = (first.create("uid-a").await.unwrap(), first.create("uid-b").await.unwrap());
        assert_eq!([a.ip.to_string(), b.ip.to_string()], ["10.1.0.2", "10.1.0.3"]);
        assert_eq!(first.create("uid-a").await.unwrap(), a, "a second create finds it");

        // Killed half-way: a file, and a namespace without an interface.
        std::fs::write(Path::new(DIR).join("half"), "").unwrap();
        let second = bridge("10.1.0.0/24");
        assert_eq!(second.list().await.unwrap(), [a.clone(), b.clone()]);
        assert!(!Path::new(DIR).join("half").exists(), "what is half-made goes");
        assert_eq!(second.create("uid-a").await.unwrap(), a);
        assert_eq!(second.create("uid-c").await.unwrap().ip.to_string(), "10.1.0.4");

        second.remove("uid-a").await.unwrap();
        second.remove("uid-a").await.unwrap();
        assert!(!a.netns.exists());
        assert_eq!(second.list().await.unwrap().len(), 2);
        second.uninstall().await.unwrap();
        assert!(!Path::new(DIR).exists());
    });
    assert!(!host.ip("-o link").contains("dhow"), "{}", host.ip("-o link"));
}

#[test]
fn addresses_run_out_and_come_back() {
    if !is_possible() {
        return;
    }
    Host::new().wait(async || {
        let bridge = bridge("10.1.0.0/29");
        for id in ["a", "b", "c", "d", "e"] {
            bridge.create(id).await.unwrap();
        }
        assert!(matches!(bridge.create("f").await, Err(Error::Exhausted(range)) if range == "10.1.0.0/29"));
        bridge.remove("c").await.unwrap();
        assert_eq!(bridge.create("f").await.unwrap().ip.to_string(), "10.1.0.4");
        assert!(matches!(Bridge::new("/run/other", None).create("a").await, Err(Error::NoRange)));
        for bad in ["", "../x", "a/b", ".hidden", "a b"] {
            assert!(bridge.create(bad).await.is_err(), "{bad}");
        }
    });
}

#[test]
fn a_bridge_that_was_removed_is_made_again() {
    if !is_possible() {
        return;
    }
    let host = Host::new();
    let (a, b) = host.wait(async || {
        let bridge = bridge("10.1.0.0/24");
        let a = bridge.create("a").await.unwrap();
        std::process::Command::new("ip").args(["link", "del", "dhow0"]).status().unwrap();
        (a, bridge.create("b").await.unwrap())
    });
    host.serve(Some(&a.netns), 80, "a");
    assert_eq!(host.ask(Some(&b.netns), "10.1.0.2:80").unwrap(), "a 10.1.0.3");
    assert_eq!(host.ask(None, "10.1.0.2:80").unwrap(), "a 10.1.0.1");
}

#[test]
fn a_sandbox_takes_a_few_milliseconds() {
    if !is_possible() {
        return;
    }
    Host::new().wait(async || {
        let bridge = bridge("10.1.0.0/24");
        bridge.repair().await.unwrap();
        let mut times = Vec::new();
        for id in 0..50 {
            let began = Instant::now();
            bridge.create(&format!("pod-{id}")).await.unwrap();
            times.push(began.elapsed());
        }
        times.sort();
        println!("create: fastest {:?}, median {:?}, slowest {:?}", times[0], times[25], times[49]);
        let again = Bridge::new(DIR, None);
        let began = Instant::now();
        assert_eq!(again.list().await.unwrap().len(), 50);
        println!("found 50 after a restart in {:?}", began.elapsed());
    });
}
