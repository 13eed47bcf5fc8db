//! The zip: the same bytes from the same files.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{self, Cursor, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aml_key_rotator::package::{EXECUTABLE, FILES};
use zip::result::{ZipError, ZipResult};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::error::{DistError, OnFile};

const FILE_MODE: u32 = 0o644;
/// Not every plan of Azure Functions sets the run bit by itself.
const EXECUTABLE_MODE: u32 = 0o755;
/// As small as it gets: each new instance of the app fetches it.
const COMPRESSION_LEVEL: i64 = 9;

/// Packs an executable with the files that belong to it, in the order of their paths, without times.
pub(super) fn pack(executable: &[u8]) -> Result<Vec<u8>, DistError> {
    let mut entries: BTreeMap<&str, (&[u8], u32)> =
        FILES.into_iter().map(|(path, text)| (path, (text.as_bytes(), FILE_MODE))).collect();
    entries.insert(EXECUTABLE, (executable, EXECUTABLE_MODE));
    write(&entries).map_err(|source| DistError::Zip { action: "pack", source })
}

fn write(entries: &BTreeMap<&str, (&[u8], u32)>) -> ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(COMPRESSION_LEVEL))
        .last_modified_time(DateTime::DEFAULT);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, (contents, mode)) in entries {
        zip.start_file(*path, options.unix_permissions(*mode))?;
        zip.write_all(contents).map_err(ZipError::Io)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Unpacks a package into a folder, over what an older one has left there.
pub(super) fn unpack(package: &[u8], folder: &Path) -> Result<(), DistError> {
    let failed = |source| DistError::Zip { action: "unpack", source };
    let mut zip = ZipArchive::new(Cursor::new(package)).map_err(failed)?;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(failed)?;
        let path = folder.join(entry.enclosed_name().ok_or(failed(ZipError::FileNotFound))?);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).on_file("make", parent)?;
        }
        // An executable that is running cannot be written to, but it can be replaced.
        if path.exists() {
            fs::remove_file(&path).on_file("replace", &path)?;
        }
        let mut file = File::create(&path).on_file("write", &path)?;
        io::copy(&mut entry, &mut file).on_file("write", &path)?;
        let mode = Permissions::from_mode(entry.unix_mode().unwrap_or(FILE_MODE));
        file.set_permissions(mode).on_file("write", &path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
