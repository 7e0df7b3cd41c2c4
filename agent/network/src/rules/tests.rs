//! Applying the difference of two sets gives the second, whatever they are.

use super::{Chain, Rules, Table, batches, diff};
use std::collections::BTreeMap;

type Kernel = BTreeMap<(String, String), Vec<String>>;

/// What `iptables-restore --noflush` does, with the kernel's refusals.
fn apply(kernel: &mut Kernel, text: &str) {
    let mut table = String::new();
    for line in text.lines() {
        let key = |name: &str| (table.clone(), name.to_owned());
        if let Some(name) = line.strip_prefix('*') {
            name.clone_into(&mut table);
        } else if let Some(head) = line.strip_prefix(':') {
            kernel.insert(key(head.split(' ').next().unwrap()), Vec::new());
        } else if let Some(rule) = line.strip_prefix("-A ") {
            let (chain, rule) = rule.split_once(' ').unwrap();
            if let Some(target) = rule.split("-j ").nth(1).filter(|t| t.starts_with("DHOW-")) {
                assert!(kernel.contains_key(&key(target)), "{rule}: no chain {target}");
            }
            kernel.get_mut(&key(chain)).expect("the chain exists").push(rule.to_owned());
        } else if let Some(name) = line.strip_prefix("-X ") {
            let here = kernel.iter().filter(|((of, _), _)| *of == table).flat_map(|(_, rules)| rules);
            let users = here.filter(|rule| rule.ends_with(&format!("-j {name}")));
            assert_eq!(users.count(), 0, "{name} is in use");
            assert_eq!(kernel.remove(&key(name)), Some(vec![]), "{name} is not empty");
        } else {
            assert_eq!(line, "COMMIT");
        }
    }
}

fn kernel_of(rules: &Rules) -> Kernel {
    let body = |lines: &String| lines.lines().map(|l| l.splitn(3, ' ').nth(2).unwrap().to_owned()).collect();
    rules.chains.iter().map(|((t, name), lines)| ((t.name().to_owned(), name.clone()), body(lines))).collect()
}

/// Some tree of chains that `seed` stands for.
fn some_rules(mut seed: u64) -> Rules {
    let mut die = move |sides: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % sides
    };
    let mut rules = Rules::default();
    for table in Table::ALL {
        for level in 0..die(4) {
            for chain in 0..die(4) {
                let name = format!("DHOW-{level}-{}", chain + die(3));
                let mut chain = Chain::new(name);
                for rule in 0..die(4) {
                    chain.rule(format_args!("-d 10.0.0.{} -j ACCEPT", rule + die(2)));
                }
                let below = format!("DHOW-{}-{}", level.saturating_sub(1), die(6));
                if level > 0 && rules.names(table).any(|name| name == below) {
                    chain.rule(format_args!("-j {below}"));
                }
                rules.insert(table, chain);
            }
        }
    }
    rules
}

#[test]
fn the_difference_turns_one_set_into_the_other() {
    for seed in 0..500 {
        let (old, new) = (some_rules(seed), some_rules(seed * 7 + 1));
        let mut kernel = Kernel::new();
        apply(&mut kernel, &old.text());
        assert_eq!(kernel, kernel_of(&old), "seed {seed}");
        apply(&mut kernel, &diff(&old, &new));
        assert_eq!(kernel, kernel_of(&new), "seed {seed}");
    }
}

#[test]
fn chains_known_by_name_only_are_written_anew_or_removed() {
    for seed in 0..100 {
        let (old, new) = (some_rules(seed), some_rules(seed + 1));
        let mut found = Rules::default();
        for table in Table::ALL {
            old.names(table).for_each(|name| found.unknown(table, name));
        }
        let mut kernel = kernel_of(&old);
        apply(&mut kernel, &diff(&found, &new));
        assert_eq!(kernel, kernel_of(&new), "seed {seed}");
    }
}

#[test]
fn many_chains_are_written_from_below_in_several_runs() {
    let mut rules = Rules::default();
    for number in 0..3000 {
        let (upper, lower) = (format!("DHOW-A-{number}"), format!("DHOW-B-{number}"));
        rules.insert(Table::Nat, Chain::new(upper).with(format_args!("-j {lower}")));
        rules.insert(Table::Nat, Chain::new(lower).with("-j ACCEPT"));
    }
    let (mut kernel, batches) = (Kernel::new(), batches(&rules));
    assert_eq!(batches.len(), 6);
    for text in &batches {
        apply(&mut kernel, text);
    }
    assert_eq!(kernel, kernel_of(&rules));
}

#[test]
fn what_did_not_change_is_not_written() {
    let of = |chains: &[(&str, &str)]| {
        let mut rules = Rules::default();
        for (name, rule) in chains {
            rules.insert(Table::Nat, Chain::new(*name).with(rule));
        }
        rules
    };
    let old = of(&[("DHOW-A", "-j DHOW-B"), ("DHOW-B", "-j ACCEPT"), ("DHOW-C", "-j ACCEPT")]);
    assert_eq!(diff(&old, &old.clone()), "");
    let new = of(&[("DHOW-A", "-j DHOW-B"), ("DHOW-B", "-j DROP")]);
    let expected = "*nat\n:DHOW-B - [0:0]\n:DHOW-C - [0:0]\n-A DHOW-B -j DROP\n-X DHOW-C\nCOMMIT\n";
    assert_eq!(diff(&old, &new), expected);
}
