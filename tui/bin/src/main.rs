//! The `dhow` program: the terminal, `--batch`, and the daemons as subcommands. It only chooses.

mod args;
mod batch;
mod connect;
mod daemons;
mod demo;
mod settings;
mod terminal;

use agent_hollow::Pace;
use args::{Command, Dhow, Face};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Every container has a logger beside it: it starts nothing that it does not need.
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == "logger") {
        return agent_node::logger(words);
    }
    shared_pki::install_provider();
    let Dhow { options, face } = match args::parse(std::env::args_os()) {
        Ok(dhow) => dhow,
        Err(error) => error.exit(),
    };
    let done = match face {
        Face::Command(Command::Controlplane(ask)) => daemons::controlplane(ask),
        Face::Command(Command::Agent(ask)) => daemons::agent(ask),
        Face::Command(Command::Hollow(ask)) => demo::hollow(&ask),
        Face::Batch(words) => batch::run(&options, words),
        Face::Terminal => screen(&options),
    };
    done.unwrap_or_else(|error| {
        eprintln!("Error: {error:#}");
        ExitCode::FAILURE
    })
}

fn screen(options: &args::Options) -> anyhow::Result<ExitCode> {
    daemons::runtime()?.block_on(async {
        let seat = connect::seat(options, Pace::AsUsual).await?;
        tui_screen::run(seat, settings::setup(options)).await?;
        Ok(ExitCode::SUCCESS)
    })
}
