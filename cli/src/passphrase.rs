//! Where secrets come from: a file, stdin, or a prompt. Never an argument, which every process of the machine can read.

use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tidings_api::Secret;
use zeroize::{Zeroize, Zeroizing};

use crate::failure::Failure;

/// Longest secret taken, in bytes; the node allows 1,024 for a passphrase.
const SECRET_BYTES_MAX: usize = 16 * 1024;

/// The passphrase: from the file (`-` is stdin), else by prompt.
///
/// # Errors
/// [`Failure::Usage`] without file and terminal.
pub(crate) async fn read(file: Option<&Path>, prompt: &'static str) -> Result<Secret, Failure> {
    match file {
        Some(path) => from_file(path),
        None => ask(prompt).await,
    }
}

/// A new passphrase: as [`read`], but a prompt asks twice.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_new(file: Option<&Path>) -> Result<Secret, Failure> {
    if let Some(path) = file {
        return from_file(path);
    }
    let first = ask("New passphrase (at least 8 characters): ").await?;
    let second = ask("Once more: ").await?;
    if first == second { Ok(first) } else { Err(Failure::Usage("the two passphrases differ".to_owned())) }
}

/// The whole of a file, or of stdin for `-`, without the end of its last line: as `up --unlock` reads it.
///
/// # Errors
/// [`Failure::File`]; [`Failure::Usage`] if it is empty, too long or not text.
pub(crate) fn from_file(path: &Path) -> Result<Secret, Failure> {
    let failed = |error| Failure::File { action: "read", what: path.display().to_string(), error };
    let mut bytes = Zeroizing::new(Vec::new());
    let limit = u64::try_from(SECRET_BYTES_MAX + 1).unwrap_or(u64::MAX);
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        File::open(path).map_err(failed)?.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    }
    secret_in(&bytes)
}

fn secret_in(bytes: &[u8]) -> Result<Secret, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| Failure::Usage("the passphrase is not UTF-8".to_owned()))?;
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if bytes.len() > SECRET_BYTES_MAX {
        return Err(Failure::Usage("the passphrase is too long".to_owned()));
    }
    if line.is_empty() {
        return Err(Failure::Usage("the passphrase is empty".to_owned()));
    }
    Ok(Secret::new(line.to_owned()))
}

/// Asks on the terminal, without showing what is typed.
async fn ask(prompt: &'static str) -> Result<Secret, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage("no terminal to ask on: give --password-file FILE, or - for stdin".to_owned()));
    }
    let hidden = Hidden::new()?;
    let typed = tokio::task::spawn_blocking(move || {
        drop(write!(io::stderr(), "{prompt}"));
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        let secret = read.map_err(|error| Failure::File { action: "read", what: "the terminal".to_owned(), error });
        let secret = secret.and_then(|_| secret_in(line.as_bytes()));
        line.zeroize();
        secret
    });
    let answer = tokio::select! {
        typed = typed => typed.map_err(|_| Failure::Usage("the prompt ended".to_owned()))?,
        _ = tokio::signal::ctrl_c() => {
            drop(hidden);
            std::process::exit(130);
        }
    };
    drop(hidden);
    answer
}

/// The terminal shows nothing as long as this lives.
struct Hidden(Termios);

impl Hidden {
    fn new() -> Result<Self, Failure> {
        let failed = |error: rustix::io::Errno| Failure::File {
            action: "prepare",
            what: "the terminal".to_owned(),
            error: error.into(),
        };
        let before = tcgetattr(io::stdin()).map_err(failed)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        silent.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent).map_err(failed)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if tcsetattr(io::stdin(), OptionalActions::Now, &self.0).is_err() {
            tracing::warn!("the terminal stays silent; run: stty echo");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_end_of_the_line_is_no_part_of_a_passphrase() {
        for text in ["correct horse", "correct horse\n", "correct horse\r\n"] {
            assert_eq!(secret_in(text.as_bytes()).unwrap().expose(), "correct horse", "{text:?}");
        }
        assert_eq!(secret_in(b"  spaces count  \n").unwrap().expose(), "  spaces count  ");
    }

    #[test]
    fn nothing_and_no_text_are_refused() {
        for bytes in [&b""[..], b"\n", b"\xff\xfe", &[b'x'; SECRET_BYTES_MAX + 1]] {
            assert_eq!(secret_in(bytes).unwrap_err().exit_code(), 2);
        }
    }
}
