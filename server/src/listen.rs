//! What a server needs of its system before it serves: room for many open sockets, and a port whose queue holds a crowd.
//!
//! In: an address. Out: a listening socket; how many files the process may open.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// Connections that wait to be accepted. A crowd that connects in the same moment would otherwise wait for a second SYN, a
/// second later. The system may allow less.
const BACKLOG: u32 = 4096;
/// Files that are not connections.
const OTHER_FILES: u64 = 128;

/// Listens on an address, with room for a crowd in its queue.
///
/// # Errors
/// The address is in use or not this machine's.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A server that starts again must not wait for the connections of the one before it.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Raises the process's limit of open files as far as the system lets it, and gives how many connections fit.
/// `None` where the system has no such limit.
#[cfg(unix)]
pub fn raise_open_files() -> Option<usize> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let most = match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    };
    usize::try_from(most.saturating_sub(OTHER_FILES)).ok()
}

/// Elsewhere there is nothing to raise.
#[cfg(not(unix))]
pub fn raise_open_files() -> Option<usize> {
    None
}
