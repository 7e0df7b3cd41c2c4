//! The `dhow` program: the terminal, `--batch`, and the daemons as subcommands. It only chooses.

mod args;
mod batch;
mod connect;
mod daemons;

use args::{Command, Dhow, Face};
use std::process::ExitCode;

fn main() -> ExitCode {
    shared_pki::install_provider();
    let Dhow { options, face } = match args::parse(std::env::args_os()) {
        Ok(dhow) => dhow,
        Err(error) => error.exit(),
    };
    let done = match face {
        Face::Command(Command::Controlplane(ask)) => daemons::controlplane(ask),
        Face::Command(Command::Agent(ask)) => daemons::agent(ask),
        Face::Command(Command::Logger { arguments }) => return agent_node::logger(&arguments),
        Face::Batch(words) => batch::run(&options, words),
        Face::Terminal => terminal(&options),
    };
    done.unwrap_or_else(|error| {
        eprintln!("Error: {error:#}");
        ExitCode::FAILURE
    })
}

fn terminal(options: &args::Options) -> anyhow::Result<ExitCode> {
    let (doors, access) = connect::doors(options)?;
    daemons::runtime()?.block_on(tui_screen::run(doors, &access.context, &access.server))?;
    Ok(ExitCode::SUCCESS)
}
