//! What makes objects without a manifest.

use super::{Speech, Write};
use clap::{Args, Subcommand};

/// See [`Action::Create`](super::Action::Create).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Create {
    /// Files or directories of manifests; `-` is standard input
    #[arg(short, long = "filename", value_name = "FILE")]
    pub files: Vec<String>,
    /// What, by name
    #[command(subcommand)]
    pub what: Option<Generator>,
    /// Namespace for objects that name none
    #[arg(short, long, value_name = "NAME", global = true)]
    pub namespace: Option<String>,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
}

/// What can be made by name.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Generator {
    /// A namespace
    #[command(alias = "ns")]
    Namespace {
        /// Name
        name: String,
    },
    /// A deployment of one image or several
    #[command(alias = "deploy")]
    Deployment {
        /// Name
        name: String,
        /// Image; several with several flags
        #[arg(long = "image", required = true)]
        images: Vec<String>,
        /// How many pods
        #[arg(short, long, default_value_t = 1)]
        replicas: i32,
        /// Port the container listens on
        #[arg(long)]
        port: Option<i32>,
        /// Command of the container
        #[arg(last = true, value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// A config map from files and literal values
    #[command(alias = "cm", name = "configmap")]
    ConfigMap {
        /// Name
        name: String,
        /// Where its entries come from
        #[command(flatten)]
        from: Sources,
    },
    /// A secret
    #[command(subcommand)]
    Secret(SecretKind),
    /// A service account
    #[command(alias = "sa", name = "serviceaccount")]
    ServiceAccount {
        /// Name
        name: String,
    },
    /// A job, of its own or as a cron job would make it
    Job {
        /// Name
        name: String,
        /// Image
        #[arg(long, required_unless_present = "from", conflicts_with = "from")]
        image: Option<String>,
        /// cronjob/NAME, whose template it takes
        #[arg(long, value_name = "cronjob/NAME")]
        from: Option<String>,
        /// Command of the container
        #[arg(last = true, value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// A cron job
    #[command(alias = "cj", name = "cronjob")]
    CronJob {
        /// Name
        name: String,
        /// Image
        #[arg(long)]
        image: String,
        /// When, as in a crontab
        #[arg(long)]
        schedule: String,
        /// What happens when a container ends: `OnFailure` or Never
        #[arg(long, default_value = "OnFailure")]
        restart: String,
        /// Command of the container
        #[arg(last = true, value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// A service for pods labelled app=NAME
    #[command(subcommand, alias = "svc")]
    Service(ServiceKind),
    /// What may be done, in a namespace
    Role(Rights),
    /// What may be done, everywhere
    #[command(name = "clusterrole")]
    ClusterRole(Rights),
    /// Who may do what a role says, in a namespace
    #[command(name = "rolebinding")]
    RoleBinding(Binding),
    /// Who may do what a cluster role says, everywhere
    #[command(name = "clusterrolebinding")]
    ClusterRoleBinding(Binding),
    /// A quota of a namespace
    #[command(alias = "quota", name = "resourcequota")]
    Quota {
        /// Name
        name: String,
        /// cpu=1,pods=2
        #[arg(long, value_name = "NAME=AMOUNT,…", value_delimiter = ',')]
        hard: Vec<String>,
    },
    /// A priority class
    #[command(alias = "pc", name = "priorityclass")]
    PriorityClass {
        /// Name
        name: String,
        /// Its priority
        #[arg(long, allow_negative_numbers = true)]
        value: i32,
        /// Of pods that name none
        #[arg(long)]
        global_default: bool,
        /// What it is for
        #[arg(long, default_value = "")]
        description: String,
    },
    /// A disruption budget
    #[command(alias = "pdb", name = "poddisruptionbudget")]
    Budget {
        /// Name
        name: String,
        /// Which pods
        #[arg(long)]
        selector: String,
        /// How many have to stay, a number or a percentage
        #[arg(long, required_unless_present = "max_unavailable", conflicts_with = "max_unavailable")]
        min_available: Option<String>,
        /// How many may be missing, a number or a percentage
        #[arg(long)]
        max_unavailable: Option<String>,
    },
}

/// Where the entries of a config map or a secret come from.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Sources {
    /// An entry; several with several flags
    #[arg(long = "from-literal", value_name = "KEY=VALUE")]
    pub literals: Vec<String>,
    /// A file as an entry, or every file of a directory
    #[arg(long = "from-file", value_name = "[KEY=]PATH")]
    pub files: Vec<String>,
    /// A file of KEY=VALUE lines, each an entry
    #[arg(long = "from-env-file", value_name = "FILE", conflicts_with_all = ["literals", "files"])]
    pub env_files: Vec<String>,
}

/// What secrets can be made by name.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum SecretKind {
    /// From files and literal values
    Generic {
        /// Name
        name: String,
        /// Where its entries come from
        #[command(flatten)]
        from: Sources,
        /// Its type
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,
    },
    /// For a registry of images
    DockerRegistry {
        /// Name
        name: String,
        /// The registry
        #[arg(long = "docker-server", default_value = "https://index.docker.io/v1/")]
        server: String,
        /// Who
        #[arg(long = "docker-username")]
        username: String,
        /// The password
        #[arg(long = "docker-password")]
        password: String,
        /// Mail address
        #[arg(long = "docker-email", default_value = "")]
        email: String,
    },
    /// A certificate and its key
    Tls {
        /// Name
        name: String,
        /// Certificate, PEM
        #[arg(long, value_name = "FILE")]
        cert: String,
        /// Key, PEM
        #[arg(long, value_name = "FILE")]
        key: String,
    },
}

/// What services can be made by name.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum ServiceKind {
    /// Reached inside the cluster
    #[command(name = "clusterip")]
    ClusterIp {
        /// Name
        name: String,
        /// PORT or PORT:TARGET
        #[arg(long = "tcp", value_name = "PORT[:TARGET]")]
        ports: Vec<String>,
        /// Its address; None is a headless one
        #[arg(long, value_name = "ADDRESS")]
        clusterip: Option<String>,
    },
    /// Reached at a port of every node
    #[command(name = "nodeport")]
    NodePort {
        /// Name
        name: String,
        /// PORT or PORT:TARGET
        #[arg(long = "tcp", value_name = "PORT[:TARGET]", required = true)]
        ports: Vec<String>,
        /// The port of the nodes
        #[arg(long)]
        node_port: Option<i32>,
    },
    /// Reached through a balancer outside
    #[command(name = "loadbalancer")]
    LoadBalancer {
        /// Name
        name: String,
        /// PORT or PORT:TARGET
        #[arg(long = "tcp", value_name = "PORT[:TARGET]", required = true)]
        ports: Vec<String>,
    },
    /// Another name for a name outside
    #[command(name = "externalname")]
    ExternalName {
        /// Name
        name: String,
        /// The name outside
        #[arg(long)]
        external_name: String,
        /// PORT or PORT:TARGET
        #[arg(long = "tcp", value_name = "PORT[:TARGET]")]
        ports: Vec<String>,
    },
}

/// Rules of a role.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Rights {
    /// Name
    pub name: String,
    /// get,list,watch
    #[arg(long = "verb", value_delimiter = ',', required = true)]
    pub verbs: Vec<String>,
    /// pods,deployments.apps,pods/log
    #[arg(long = "resource", value_delimiter = ',')]
    pub resources: Vec<String>,
    /// Only objects of these names
    #[arg(long = "resource-name")]
    pub names: Vec<String>,
    /// Paths that are no objects: /healthz
    #[arg(long = "non-resource-url", value_delimiter = ',')]
    pub urls: Vec<String>,
}

/// Subjects of a binding.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Binding {
    /// Name
    pub name: String,
    /// The role, in the same namespace
    #[arg(long, conflicts_with = "cluster_role", required_unless_present = "cluster_role")]
    pub role: Option<String>,
    /// The cluster role
    #[arg(long = "clusterrole")]
    pub cluster_role: Option<String>,
    /// A user; several with several flags
    #[arg(long = "user")]
    pub users: Vec<String>,
    /// A group; several with several flags
    #[arg(long = "group")]
    pub groups: Vec<String>,
    /// NAMESPACE:NAME of a service account
    #[arg(long = "serviceaccount")]
    pub accounts: Vec<String>,
}

/// See [`Action::Run`](super::Action::Run).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Run {
    /// Name of the pod
    pub name: String,
    /// Image
    #[arg(long)]
    pub image: String,
    /// Port the container listens on
    #[arg(long)]
    pub port: Option<i32>,
    /// NAME=VALUE of its environment; several with several flags
    #[arg(long)]
    pub env: Vec<String>,
    /// Labels instead of run=NAME: app=web,tier=front
    #[arg(short = 'l', long, value_name = "KEY=VALUE,…", value_delimiter = ',')]
    pub labels: Vec<String>,
    /// What happens when the container ends: Always, `OnFailure` or Never
    #[arg(long, default_value = "Always")]
    pub restart: String,
    /// Make a cron job of it, which runs then
    #[arg(long, value_name = "CRONTAB")]
    pub schedule: Option<String>,
    /// What follows `--` is the command, not its arguments
    #[arg(long)]
    pub command: bool,
    /// Make a service for it, with --port
    #[arg(long, requires = "port")]
    pub expose: bool,
    /// When its image is pulled: Always, `IfNotPresent` or Never
    #[arg(long, value_name = "WHEN")]
    pub image_pull_policy: Option<String>,
    /// Join it when it runs
    #[arg(long)]
    pub attach: bool,
    /// How; with -i it is joined
    #[command(flatten)]
    pub speech: Speech,
    /// Delete it when it has ended
    #[arg(long)]
    pub rm: bool,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
    /// Arguments, or the command with --command
    #[arg(last = true, value_name = "ARGUMENTS")]
    pub words: Vec<String>,
}

/// See [`Action::Expose`](super::Action::Expose).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Expose {
    /// What selects the pods: a deployment, a replica set, a pod, another service …
    #[arg(value_name = "KIND NAME | KIND/NAME", required = true)]
    pub words: Vec<String>,
    /// Port of the service; those of the containers when absent
    #[arg(long)]
    pub port: Option<i32>,
    /// Port of the pods, a number or a name; the same when absent
    #[arg(long, value_name = "PORT")]
    pub target_port: Option<String>,
    /// TCP, UDP or SCTP
    #[arg(long)]
    pub protocol: Option<String>,
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// Name of the service; the object's own when absent
    #[arg(long)]
    pub name: Option<String>,
    /// Other pods: app=web,tier=front
    #[arg(long)]
    pub selector: Option<String>,
    /// Labels of the service
    #[arg(short = 'l', long, value_name = "KEY=VALUE,…")]
    pub labels: Option<String>,
    /// Its address; None is a headless one
    #[arg(long, value_name = "ADDRESS")]
    pub cluster_ip: Option<String>,
    /// An address outside that leads to it
    #[arg(long, value_name = "ADDRESS")]
    pub external_ip: Option<String>,
    /// None or `ClientIP`
    #[arg(long)]
    pub session_affinity: Option<String>,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
}

/// See [`Action::Autoscale`](super::Action::Autoscale).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Autoscale {
    /// What has replicas
    #[arg(value_name = "KIND NAME | KIND/NAME", required = true)]
    pub words: Vec<String>,
    /// At least so many
    #[arg(long)]
    pub min: Option<i32>,
    /// At most so many
    #[arg(long)]
    pub max: i32,
    /// Percentage of the requested processor time that is aimed at
    #[arg(long, value_name = "PERCENT")]
    pub cpu_percent: Option<i32>,
    /// Name of the autoscaler; the object's own when absent
    #[arg(long)]
    pub name: Option<String>,
    /// Namespace
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// How it is written
    #[command(flatten)]
    pub write: Write,
}
