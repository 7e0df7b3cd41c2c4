//! The logger as a program of its own, for tests: `logger logger <log>`, as `dhow logger <log>` is.

fn main() -> std::process::ExitCode {
    agent_runtime::logger_main(std::env::args_os().skip(2))
}
