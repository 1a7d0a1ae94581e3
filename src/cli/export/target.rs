//! Where an export goes. A file gets its name only once it is complete, so that half an export is
//! never taken for a whole one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

/// Standard output, or a file under a name of its own. Dropping it removes what is not complete.
pub(super) struct Target {
    to: BufWriter<To>,
    file: Option<Unfinished>,
}

enum To {
    Stdout(Stdout),
    File(File),
}

struct Unfinished {
    part: PathBuf,
    path: PathBuf,
    complete: bool,
}

impl Target {
    pub fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self { to: BufWriter::new(To::Stdout(io::stdout())), file: None });
        }
        let mut part = OsString::from(path);
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part)?;
        let unfinished = Unfinished { part, path: path.to_owned(), complete: false };
        Ok(Self { to: BufWriter::new(To::File(file)), file: Some(unfinished) })
    }

    /// On the disk, and under its name.
    pub fn complete(mut self) -> Result<(), super::SinkError> {
        self.to.flush()?;
        if let To::File(file) = self.to.get_ref() {
            file.sync_all()?;
        }
        if let Some(unfinished) = &mut self.file {
            fs::rename(&unfinished.part, &unfinished.path)?;
            unfinished.complete = true;
        }
        Ok(())
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Write for To {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::File(file) => file.flush(),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.complete {
            // It is of no use, and its name says so where it cannot be removed.
            let _ = fs::remove_file(&self.part);
        }
    }
}
