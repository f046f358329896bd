//! The Unix socket through which the command line of the same user reaches the node.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

/// Bytes of a socket's path, the ending zero excluded (`sun_path` in unix(7)).
const PATH_BYTES_MAX: usize = 107;

/// Where the socket of the node with this data folder is: `api.sock` in it, or, if that path is too long for the system, a name made from
/// it in `$XDG_RUNTIME_DIR/tidings/`. `None` if there is no such folder either.
#[must_use]
pub fn socket_path(data: &Path) -> Option<PathBuf> {
    place(data, std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from))
}

fn place(data: &Path, runtime: Option<PathBuf>) -> Option<PathBuf> {
    let beside = data.join("api.sock");
    if fits(&beside) {
        return Some(beside);
    }
    // Different nodes must not meet; however the path was written, the same folder gives the same name.
    let real = std::fs::canonicalize(data).unwrap_or_else(|_| data.to_path_buf());
    let hash = blake3::hash(real.as_os_str().as_bytes()).to_hex();
    let name = format!("api-{}.sock", hash.get(..16)?);
    let elsewhere = runtime.filter(|folder| folder.is_absolute())?.join("tidings").join(name);
    fits(&elsewhere).then_some(elsewhere)
}

fn fits(path: &Path) -> bool {
    path.as_os_str().as_bytes().len() <= PATH_BYTES_MAX
}

/// Makes the socket, for our own user only. The data folder is ours, so a socket that is there already is a dead one.
pub(super) fn listen(data: &Path) -> io::Result<(PathBuf, UnixListener)> {
    let path =
        socket_path(data).ok_or_else(|| io::Error::other("the path of the data folder is too long for a socket"))?;
    if let Some(folder) = path.parent().filter(|folder| *folder != data) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&path)?;
    // Until here others might connect; the credentials of each connection are checked as well.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok((path, listener))
}

/// Takes the socket away when nobody listens any more.
pub(super) fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::debug!("the socket stays: {error}");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_path_too_long_for_a_socket_is_replaced_by_one_of_its_own() {
        let runtime = || Some(PathBuf::from("/run/user/1"));
        assert_eq!(place(Path::new("/data"), runtime()).unwrap(), Path::new("/data/api.sock"));
        let just = format!("/{}", "d".repeat(PATH_BYTES_MAX - "//api.sock".len()));
        assert_eq!(place(Path::new(&just), runtime()).unwrap(), Path::new(&just).join("api.sock"));
        let (one, other) = (format!("{just}1"), format!("{just}2"));
        let (one, other) = (place(Path::new(&one), runtime()).unwrap(), place(Path::new(&other), runtime()).unwrap());
        assert!(one.starts_with("/run/user/1/tidings") && one != other, "{one:?}");
        assert_eq!(place(Path::new(&format!("{just}1")), None), None);
    }
}
