//! The programs that change the kernel's rules, and the only place that runs programs.
//!
//! Every function waits for a program: call it where blocking is fine.

use crate::{
    Attempt, Error, Result,
    rules::{PREFIX, Rules, Table, batches, diff},
    services::CANARY,
};
use ::iptables::IPTables;
use std::{
    io::Write as _,
    process::{Command, Stdio},
    thread,
};

/// Which of the kernel's two rule sets is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// `nf_tables`, what `iptables` means on today's systems.
    Nft,
    /// The older tables.
    Legacy,
    /// Whatever `iptables` means here: neither of the two is there by name.
    Plain,
}

impl Backend {
    const fn command(self) -> &'static str {
        match self {
            Self::Nft => "iptables-nft",
            Self::Legacy => "iptables-legacy",
            Self::Plain => "iptables",
        }
    }
}

/// From a built-in chain to one of ours.
struct Jump {
    table: Table,
    from: &'static str,
    rule: &'static str,
    /// Before everybody else's rules, or after them.
    first: bool,
}

const fn jump(table: Table, from: &'static str, rule: &'static str, first: bool) -> Jump {
    Jump { table, from, rule, first }
}

const NEW: &str = "-m conntrack --ctstate NEW -j DHOW-REJECT";

const JUMPS: &[Jump] = &[
    jump(Table::Nat, "PREROUTING", "-j DHOW-SERVICES", true),
    jump(Table::Nat, "OUTPUT", "-j DHOW-SERVICES", true),
    jump(Table::Nat, "POSTROUTING", "-j DHOW-POSTROUTING", true),
    jump(Table::Filter, "INPUT", NEW, true),
    jump(Table::Filter, "FORWARD", NEW, true),
    jump(Table::Filter, "OUTPUT", NEW, true),
    // Last: a host's own refusals stay in force.
    jump(Table::Filter, "FORWARD", "-j DHOW-FORWARD", false),
    jump(Table::Filter, "INPUT", "-j DHOW-INPUT", false),
];

/// One of the two rule sets.
#[derive(Debug, Clone, Copy)]
pub struct Iptables {
    backend: Backend,
}

impl Iptables {
    /// The one to write: `wanted`, or else nft unless it does not work here or the host's own rules
    /// are all in the older tables.
    pub fn detect(wanted: Option<Backend>) -> Result<Self> {
        let works = |backend: Backend| -> Result<Self> {
            let found = Self { backend };
            found.chain(Table::Nat, "PREROUTING").map(|_| found)
        };
        if let Some(backend) = wanted {
            return works(backend);
        }
        let order = if legacy_is_in_use() && !has_foreign(Backend::Nft) && has_foreign(Backend::Legacy) {
            [Backend::Legacy, Backend::Nft, Backend::Plain]
        } else {
            [Backend::Nft, Backend::Legacy, Backend::Plain]
        };
        let mut refusals = Vec::new();
        for backend in order {
            match works(backend) {
                Ok(found) => return Ok(found),
                Err(error) => refusals.push(error.to_string()),
            }
        }
        let why = format!("{}; install the package iptables and run as root", refusals.join("; "));
        Err(Error::Failed { what: "looking for a working iptables".into(), why })
    }

    /// Which one this is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Hands `text` to `iptables-restore --noflush`: all of a table's changes happen, or none.
    pub fn restore(&self, text: &str) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let program = format!("{}-restore", self.backend.command());
        run(&program, &["--noflush", "--wait", "5"], text).map(drop)
    }

    /// Writes every chain, whatever is there. The older tables are always written whole, so at once; nft
    /// takes very many chains in several runs.
    pub fn restore_all(&self, rules: &Rules) -> Result<()> {
        if self.backend == Backend::Legacy {
            return self.restore(&rules.text());
        }
        batches(rules).iter().try_for_each(|text| self.restore(text))
    }

    /// Adds the jumps into our chains that are not there.
    pub fn join(&self) -> Result<()> {
        let ipt = self.program()?;
        for jump in JUMPS {
            let what = format!("adding {} to {}", jump.rule, jump.from);
            let Jump { table, from, rule, first } = jump;
            if ipt.exists(table.name(), from, rule).attempt(&what)? {
                continue;
            }
            if *first {
                ipt.insert(table.name(), from, rule, 1).attempt(&what)?;
            } else {
                ipt.append(table.name(), from, rule).attempt(&what)?;
            }
        }
        Ok(())
    }

    /// True when every jump and the canary of each table are there. It looks at the built-in chains
    /// and at the canaries, never at a whole table.
    pub fn is_intact(&self) -> Result<bool> {
        let ipt = self.program()?;
        let jumps = JUMPS.iter().map(|j| (j.table, j.from, j.rule));
        let canaries = Table::ALL.into_iter().map(|table| (table, CANARY, "-j RETURN"));
        for (table, chain, rule) in jumps.chain(canaries) {
            if !ipt.exists(table.name(), chain, rule).attempt(format_args!("looking at {chain}"))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The names of our chains. Slow when there are many thousands.
    pub fn found(&self) -> Result<Rules> {
        let mut found = Rules::default();
        let ipt = self.program()?;
        for table in Table::ALL {
            let chains = ipt.list_chains(table.name()).attempt(format_args!("listing {}", table.name()))?;
            for chain in chains.iter().filter(|chain| chain.starts_with(PREFIX)) {
                found.unknown(table, chain);
            }
        }
        Ok(found)
    }

    /// Every rule of both tables with what it counted, as `iptables-save` prints it.
    pub fn counted(&self) -> Result<String> {
        let program = format!("{}-save", self.backend.command());
        // By name: which tables there are the older program finds out by itself only in some sandboxes.
        Table::ALL.iter().map(|table| run(&program, &["-c", "-t", table.name()], "")).collect()
    }

    /// Removes every chain of ours and the jumps into them.
    pub fn remove(&self) -> Result<()> {
        let ipt = self.program()?;
        let found = self.found()?;
        if found.is_empty() {
            return Ok(());
        }
        for Jump { table, from, rule, .. } in JUMPS {
            ipt.delete_all(table.name(), from, rule).attempt(format_args!("removing {rule} from {from}"))?;
        }
        self.restore(&diff(&found, &Rules::default()))
    }

    /// Removes what an earlier agent left in the rule set that is not this one.
    pub fn leave_the_other(&self) -> Result<()> {
        let other = match self.backend {
            Backend::Nft if legacy_is_in_use() => Self { backend: Backend::Legacy },
            Backend::Legacy => Self { backend: Backend::Nft },
            Backend::Nft | Backend::Plain => return Ok(()),
        };
        if other.chain(Table::Nat, CANARY).is_err() {
            return Ok(());
        }
        other.remove()
    }

    fn chain(self, table: Table, chain: &str) -> Result<Vec<String>> {
        let listing = run(self.backend.command(), &["-t", table.name(), "-S", chain, "--wait", "5"], "")?;
        Ok(listing.lines().map(Into::into).collect())
    }

    fn program(self) -> Result<IPTables> {
        let mut ipt = ::iptables::new(false).attempt("running iptables")?;
        ipt.cmd = self.backend.command();
        Ok(ipt)
    }
}

/// Removes every chain of ours from both rule sets.
pub fn uninstall() -> Result<()> {
    let mut done =
        Err(Error::Failed { what: "removing rules".into(), why: "iptables is not installed".into() });
    for backend in [Backend::Nft, Backend::Legacy, Backend::Plain] {
        let found = Iptables { backend };
        // To look at the older tables creates them.
        let absent = backend == Backend::Legacy && !legacy_is_in_use();
        if absent || found.chain(Table::Nat, "PREROUTING").is_err() {
            continue;
        }
        done = Ok(());
        found.remove()?;
    }
    done
}

/// True when the older tables exist in this namespace.
fn legacy_is_in_use() -> bool {
    std::fs::read_to_string("/proc/thread-self/net/ip_tables_names")
        .is_ok_and(|names| !names.trim().is_empty())
}

/// True when somebody else has rules there.
fn has_foreign(backend: Backend) -> bool {
    let found = Iptables { backend };
    let foreign = |line: &String| line.starts_with("-A ") && !line.contains(PREFIX);
    let builtin = [
        (Table::Nat, "PREROUTING"),
        (Table::Nat, "POSTROUTING"),
        (Table::Filter, "INPUT"),
        (Table::Filter, "FORWARD"),
    ];
    builtin
        .iter()
        .any(|(table, chain)| found.chain(*table, chain).is_ok_and(|lines| lines.iter().any(foreign)))
}

/// Runs a program with `input` and gives what it prints.
pub(crate) fn run(program: &str, arguments: &[&str], input: &str) -> Result<String> {
    let what = || format!("running {program} {}", arguments.join(" "));
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .attempt(what())?;
    let stdin = child.stdin.take();
    let output = thread::scope(|scope| {
        // Written aside: a program that prints before it has read everything would wait for us.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
        child.wait_with_output()
    })
    .attempt(what())?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        let why = why.lines().filter(|l| !l.starts_with("# Warning")).collect::<Vec<_>>().join("; ");
        return Err(Error::Failed { what: what(), why: format!("{}: {why}", output.status) });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
