//! An unmodified kubectl, and a port for it to talk to.

use std::{
    path::PathBuf,
    process::{Output, Stdio},
};
use tokio::{
    io::AsyncWriteExt,
    net::TcpListener,
    process::{Child, Command},
    task::JoinHandle,
};

/// kubectl, bound to a server of its own.
pub(crate) struct Kubectl {
    program: PathBuf,
    home: PathBuf,
    url: String,
    server: JoinHandle<()>,
    variables: Vec<(&'static str, &'static str)>,
}

impl Drop for Kubectl {
    fn drop(&mut self) {
        self.server.abort();
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

impl Kubectl {
    /// Serves `router` on a port of its own. `None`, and a word about it, where there is no kubectl.
    pub(crate) async fn at(router: axum::Router) -> Option<Self> {
        let home = std::env::var_os("HOME").unwrap_or_default();
        let cached = PathBuf::from(home).join(".cache/k8s-clients/kubectl");
        let program = std::env::var_os("DHOW_KUBECTL").map_or(cached, PathBuf::from);
        if !program.exists() {
            println!("skipped: {} is not there; DHOW_KUBECTL names one", program.display());
            return None;
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let home = std::env::temp_dir().join(format!("dhow-kubectl-{}", url.rsplit(':').next().unwrap()));
        std::fs::create_dir_all(&home).unwrap();
        let config = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{{name: a, cluster: {{server: '{url}'}}}}]\n\
             users: [{{name: a, user: {{}}}}]\ncontexts: [{{name: a, context: {{cluster: a, user: a}}}}]\n"
        );
        std::fs::write(home.join("config"), config).unwrap();
        Some(Self { program, home, url, server, variables: Vec::new() })
    }

    /// The same with streams over SPDY.
    pub(crate) fn over_spdy(mut self) -> Self {
        self.variables = vec![
            ("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", "false"),
            ("KUBECTL_PORT_FORWARD_WEBSOCKETS", "false"),
        ];
        self
    }

    /// Where the server is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Starts it.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("KUBECONFIG", self.home.join("config")).env("HOME", &self.home);
        command.envs(self.variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true).spawn().unwrap()
    }

    /// Runs it to its end with something on standard input.
    pub(crate) async fn run(&self, line: &str, input: &str) -> Output {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let mut child = self.start(&arguments);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        child.wait_with_output().await.unwrap()
    }

    /// What it prints when all goes well.
    pub(crate) async fn says(&self, line: &str, input: &str) -> String {
        let output = self.run(line, input).await;
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "kubectl {line}: {out}{err}");
        out
    }
}

/// Bytes as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
