//! tui-screen
