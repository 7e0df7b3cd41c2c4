//! tui-commands
