//! Programs that run beside us and end with us.

use std::io::{Error, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a program may take to begin.
const START: Duration = Duration::from_secs(30);
/// How long a program may take to end.
const END: Duration = Duration::from_secs(10);

/// A program that ends with us.
pub struct Running {
    /// The program.
    pub child: Child,
    name: String,
}

impl Running {
    /// Starts it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(command: &mut Command, name: &str) -> Result<Running> {
        let child = command.spawn();
        Ok(Running {
            child: child.with_context(|| format!("{name} could not be started"))?,
            name: name.to_owned(),
        })
    }

    /// Waits until it listens on this address.
    ///
    /// # Errors
    /// It ends, or takes too long.
    pub fn listens(&mut self, address: SocketAddr) -> Result<()> {
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status}", self.name);
            }
            if begun.elapsed() > START {
                bail!("{} does not listen on {address}", self.name);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Asks it to end, and waits for that.
    pub fn end(&mut self) {
        #[cfg(unix)]
        // The number of one that has ended may be another's by now.
        if let (Ok(None), Ok(process)) = (self.child.try_wait(), i32::try_from(self.child.id())) {
            use nix::sys::signal::{Signal, kill};
            let _ = kill(nix::unistd::Pid::from_raw(process), Signal::SIGTERM);
            let begun = Instant::now();
            while begun.elapsed() < END && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// An address of this machine on which nothing listens.
///
/// # Errors
/// There is none.
pub fn free_address() -> Result<SocketAddr, Error> {
    TcpListener::bind("127.0.0.1:0")?
        .local_addr()
        .map_err(|error| Error::new(ErrorKind::AddrNotAvailable, error))
}
