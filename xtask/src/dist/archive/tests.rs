//! What the package holds, made from a small stand-in for the executable.

use std::io::Read;

use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::REPOSITORY;

const STAND_IN: &[u8] = b"#!/bin/sh\necho a stand-in\n";

/// Path, mode and contents of each entry, in their order.
fn entries(package: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
    let mut zip = ZipArchive::new(Cursor::new(package)).unwrap();
    let count = zip.len();
    let read = |index| {
        let mut file = zip.by_index(index).unwrap();
        let mut contents = Vec::new();
        file.read_to_end(&mut contents).unwrap();
        assert_eq!(file.last_modified(), Some(DateTime::DEFAULT));
        (file.name().unwrap().into_owned(), file.unix_mode().unwrap() & 0o777, contents)
    };
    (0..count).map(read).collect()
}

#[test]
fn the_package_holds_what_the_repository_does_and_the_executable() {
    let repository = Path::new(REPOSITORY);
    let mut expected = vec![(EXECUTABLE.to_owned(), 0o755, STAND_IN.to_vec())];
    expected.push(("host.json".to_owned(), 0o644, fs::read(repository.join("host.json")).unwrap()));
    for folder in fs::read_dir(repository.join("functions")).unwrap() {
        let folder = folder.unwrap();
        let path = format!("{}/function.json", folder.file_name().into_string().unwrap());
        expected.push((path, 0o644, fs::read(folder.path().join("function.json")).unwrap()));
    }
    expected.sort();
    assert_eq!(entries(&pack(STAND_IN).unwrap()), expected);
}

#[test]
fn what_the_host_starts_is_there_under_that_very_name_and_may_be_run() {
    let host: Value =
        serde_json::from_slice(&fs::read(Path::new(REPOSITORY).join("host.json")).unwrap()).unwrap();
    let path = host["customHandler"]["description"]["defaultExecutablePath"].as_str().unwrap();
    let entries = entries(&pack(STAND_IN).unwrap());
    let (_, mode, contents) = entries.iter().find(|(name, _, _)| name == path).unwrap();
    assert_eq!((*mode, contents.as_slice()), (0o755, STAND_IN));
}

#[test]
fn the_same_files_make_the_same_bytes() {
    assert_eq!(pack(STAND_IN).unwrap(), pack(STAND_IN).unwrap());
}

#[test]
fn a_package_is_laid_out_as_it_is_even_over_one_that_is_there() {
    let folder = TempDir::new().unwrap();
    unpack(&pack(b"an older one").unwrap(), folder.path()).unwrap();
    unpack(&pack(STAND_IN).unwrap(), folder.path()).unwrap();
    for (path, mode, contents) in entries(&pack(STAND_IN).unwrap()) {
        let file = folder.path().join(path);
        assert_eq!(fs::read(&file).unwrap(), contents);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, mode, "{}", file.display());
    }
}
