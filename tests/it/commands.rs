//! The commands, as a person at a terminal or a program runs them.

mod check;
mod console;
mod demo;
mod errors;
mod expected;
mod generated;
mod help;
mod inventory;
mod local_azure;
mod page;
mod plan;
mod rotate_by_app;
mod rotate_here;
mod status;
mod terminal;
