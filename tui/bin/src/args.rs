//! The command line. What stands after `--batch` belongs to the grammar of commands, not to this.

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::{
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

/// What was asked for.
pub(crate) struct Dhow {
    pub(crate) options: Options,
    pub(crate) face: Face,
}

/// Which of its faces the program shows.
#[allow(clippy::large_enum_variant, reason = "there is one of it in the life of the program")]
pub(crate) enum Face {
    Terminal,
    Batch(Vec<String>),
    Command(Command),
}

/// A small crew's cluster: without a subcommand, the terminal
#[derive(Parser)]
#[command(
    name = "dhow",
    version,
    after_help = "\
--batch runs one command, or a script, without a screen; it never asks anything:
  dhow --batch get pods -A -o wide      one command
  dhow --batch -f FILE                  a command a line
  dhow --batch < FILE                   the same from standard input
  dhow --batch --help                   every command
Exit: 0 done, 1 failed, 2 usage, 3 not found, 4 timed out, 5 unreachable; exec: the command's own."
)]
struct Line {
    #[command(flatten)]
    options: Options,
    /// Run commands instead of the terminal; everything after it is the command
    #[arg(long)]
    batch: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Which cluster, and as whom.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// Kubeconfig file; else ~/.kube/config
    #[arg(long, env = "KUBECONFIG", value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; its current one when absent
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Namespace meant when none is named
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Change nothing: every action that would is refused
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Settings of the terminal; else dhow/config.yaml among your other configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) demo: Demo,
}

/// A world to try things in.
#[derive(Args, Clone, Default)]
pub(crate) struct Demo {
    /// A made-up cluster inside this program: no root, no containers, no network, nothing on disk
    #[arg(long)]
    pub(crate) demo: bool,
    #[command(flatten)]
    pub(crate) load: Load,
}

/// How much there is, for measuring.
#[derive(Args, Clone, Default)]
pub(crate) struct Load {
    /// So many pods instead of the demo's
    #[arg(long, hide = true, default_value_t = 0, value_name = "N")]
    pub(crate) pods: usize,
    /// So many of them change every second
    #[arg(long, hide = true, default_value_t = 0, value_name = "N")]
    pub(crate) changes: usize,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a control plane
    Controlplane(Controlplane),
    /// Run the agent of a node
    Agent(Agent),
    /// Run nodes with nothing inside against a control plane, and fill it with pods
    #[command(hide = true)]
    Hollow(Hollow),
}

#[derive(Args)]
pub(crate) struct Hollow {
    /// Kubeconfig file of an administrator
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: PathBuf,
    /// How many nodes; as many as the pods need when absent
    #[arg(long, value_name = "N")]
    pub(crate) nodes: Option<usize>,
    #[command(flatten)]
    pub(crate) load: Load,
    /// Which log lines are written
    #[arg(long, env = "DHOW_LOG", default_value = "info", value_name = "FILTER")]
    pub(crate) log: String,
}

#[derive(Args)]
pub(crate) struct Controlplane {
    /// Where its state is kept
    #[arg(long, default_value = "/var/lib/dhow/controlplane", value_name = "DIR")]
    pub(crate) data_dir: PathBuf,
    /// Where it listens
    #[arg(long, default_value = "0.0.0.0:6443", value_name = "ADDRESS:PORT")]
    pub(crate) listen: SocketAddr,
    /// How nodes and users reach it; found out when absent
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) advertise: Option<String>,
    /// Addresses for services
    #[arg(long, default_value = "10.96.0.0/16", value_name = "CIDR")]
    pub(crate) service_cidr: String,
    /// Addresses for pods; each node gets a /24 of it
    #[arg(long, default_value = "10.244.0.0/16", value_name = "CIDR")]
    pub(crate) cluster_cidr: String,
    /// Where the administrator's kubeconfig is written, besides the data directory
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Tokens that users may show: token,user,uid,"group1,group2" a line
    #[arg(long, value_name = "FILE")]
    pub(crate) token_auth_file: Option<PathBuf>,
    /// Which log lines are written, such as info or warn,dhow=debug
    #[arg(long, env = "DHOW_LOG", default_value = "info", value_name = "FILTER")]
    pub(crate) log: String,
    #[command(subcommand)]
    pub(crate) ask: Option<Ask>,
}

/// What may be asked of a control plane's state instead of running it.
#[derive(Subcommand)]
pub(crate) enum Ask {
    /// Print the token that nodes join with
    Token,
    /// Print the administrator's kubeconfig
    Kubeconfig,
}

#[derive(Args)]
pub(crate) struct Agent {
    /// The control plane
    #[arg(long, value_name = "HOST:PORT", required_unless_present = "cleanup")]
    pub(crate) server: Option<String>,
    /// Join token; needed on the first start only
    #[arg(long, env = "DHOW_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// The node's name; the host name when absent
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Option<String>,
    /// The node's address; the one used towards the control plane when absent
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) node_ip: Option<Ipv4Addr>,
    /// Where state is kept
    #[arg(long, default_value = "/var/lib/dhow", value_name = "DIR")]
    pub(crate) data_dir: PathBuf,
    /// Where state is kept that ends with the machine
    #[arg(long, default_value = "/run/dhow", value_name = "DIR")]
    pub(crate) run_dir: PathBuf,
    /// Where the logs of pods are kept
    #[arg(long, default_value = "/var/log/pods", value_name = "DIR")]
    pub(crate) log_dir: PathBuf,
    /// containerd's socket
    #[arg(long, default_value = "/run/containerd/containerd.sock", value_name = "SOCKET")]
    pub(crate) containerd: PathBuf,
    /// Where images of a registry (or `*`) are looked for first; may be repeated
    #[arg(long = "mirror", value_name = "HOST=URL", value_parser = pair)]
    pub(crate) mirrors: Vec<(String, String)>,
    /// Label of the node; may be repeated
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) labels: Vec<(String, String)>,
    /// Range of all pods; every node's own when absent
    #[arg(long, value_name = "CIDR")]
    pub(crate) cluster_cidr: Option<String>,
    /// Remove every pod, rule and file of an agent from this machine, and end
    #[arg(long)]
    pub(crate) cleanup: bool,
    /// Which log lines are written
    #[arg(long, env = "DHOW_LOG", default_value = "info", value_name = "FILTER")]
    pub(crate) log: String,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("{text:?} has no `=`"))?;
    Ok((key.into(), value.into()))
}

/// What a command line asks for.
pub(crate) fn parse(words: impl Iterator<Item = OsString>) -> Result<Dhow, clap::Error> {
    let mut words: Vec<OsString> = words.collect();
    let at = words.iter().position(|w| w == "--batch");
    let rest = at.map(|at| words.split_off(at + 1));
    let line = Line::command().try_get_matches_from(words).and_then(|m| Line::from_arg_matches(&m))?;
    if line.options.read_only && rest.is_some() {
        return Err(Line::command().error(
            clap::error::ErrorKind::ArgumentConflict,
            "--read-only is for the terminal: --batch does what it is told",
        ));
    }
    let face = match (line.command, rest) {
        (Some(_), Some(_)) => {
            return Err(Line::command().error(
                clap::error::ErrorKind::ArgumentConflict,
                "a subcommand has no --batch: the command stands after it, as in `dhow --batch get pods`",
            ));
        }
        (Some(command), None) => Face::Command(command),
        (None, Some(rest)) => {
            Face::Batch(rest.into_iter().map(|w| w.to_string_lossy().into_owned()).collect())
        }
        (None, None) => Face::Terminal,
    };
    Ok(Dhow { options: line.options, face })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Result<Dhow, clap::Error> {
        parse(line.split(' ').map(OsString::from))
    }

    #[test]
    fn what_follows_batch_is_the_commands() {
        let dhow = check("dhow -n x --batch get pods -n y -o wide").ok().unwrap();
        assert_eq!(dhow.options.namespace.as_deref(), Some("x"));
        let Face::Batch(words) = dhow.face else { panic!("a batch") };
        assert_eq!(words, ["get", "pods", "-n", "y", "-o", "wide"]);
    }

    #[test]
    fn the_faces_are_told_apart() {
        assert!(matches!(check("dhow").ok().unwrap().face, Face::Terminal));
        let demo = check("dhow --demo --batch get pods").ok().unwrap();
        assert!(demo.options.demo.demo && matches!(demo.face, Face::Batch(_)));
        assert!(matches!(
            check("dhow controlplane token").ok().unwrap().face,
            Face::Command(Command::Controlplane(_))
        ));
        assert!(check("dhow agent").is_err(), "an agent needs a server");
        assert!(check("dhow agent --cleanup").is_ok());
        assert!(check("dhow controlplane --batch").is_err());
        assert!(check("dhow --read-only").is_ok() && check("dhow --read-only --batch get pods").is_err());
    }
}
