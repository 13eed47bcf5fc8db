//! The commands, as a person at a terminal or a program runs them.

mod check;
mod console;
mod expected;
mod inventory;
mod plan;
mod status;
