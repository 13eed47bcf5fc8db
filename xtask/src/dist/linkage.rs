//! What an executable needs of the machine that it runs on.

use object::elf::{DT_NEEDED, FileHeader64, PT_INTERP};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{Endianness, elf};

use super::error::DistError;

/// Sees that the executable starts on any Linux on `x86_64`: it asks for no loader and no library.
pub(super) fn must_be_static(executable: &[u8]) -> Result<(), DistError> {
    let needs = needs(executable).map_err(DistError::NoExecutable)?;
    if needs.is_empty() { Ok(()) } else { Err(DistError::NotStatic(needs.join(", "))) }
}

fn needs(executable: &[u8]) -> object::Result<Vec<&'static str>> {
    let header = FileHeader64::<Endianness>::parse(executable)?;
    let endian = header.endian()?;
    let mut needs = Vec::new();
    if header.e_machine(endian) != elf::EM_X86_64 {
        needs.push("another processor than x86_64");
    }
    for segment in header.program_headers(endian, executable)? {
        if segment.p_type(endian) == PT_INTERP {
            needs.push("a loader");
        }
        let entries = segment.dynamic(endian, executable)?.unwrap_or_default();
        if entries.iter().any(|entry| entry.d_tag(endian) == DT_NEEDED) {
            needs.push("shared libraries");
        }
    }
    Ok(needs)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_program_that_is_linked_dynamically_is_found_out() {
        // The tests themselves are such a program.
        let executable = fs::read(std::env::current_exe().unwrap()).unwrap();
        let error = must_be_static(&executable).unwrap_err().to_string();
        assert!(error.contains("it needs a loader, shared libraries:"), "{error}");
    }

    #[test]
    fn what_is_no_executable_is_refused() {
        assert!(matches!(must_be_static(b"#!/bin/sh\n"), Err(DistError::NoExecutable(_))));
    }
}
