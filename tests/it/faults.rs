//! What goes wrong between the program and Azure, by fault rules: each fault ends in the right disposition, and what was left
//! undone is taken up again.

mod case;
mod table;
