//! Programs that run beside us and end with us.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
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

/// A game's server, to listen there, without metrics. Its address is known, so it need not say it.
pub fn server(program: &Path, listen: SocketAddr) -> Command {
    let mut server = Command::new(program);
    server.args(["serve", "--metrics-listen", "none", "--listen"]);
    server.arg(listen.to_string());
    server.stdin(Stdio::null()).stdout(Stdio::null());
    server
}

/// Starts a game's server for tests, on a free port, and gives the address of its page. It says nothing but errors.
///
/// # Errors
/// It does not begin.
pub fn serve_tests(program: &Path) -> Result<(Running, String)> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut server = server(program, address);
    let mut server = Running::start(server.env("RUST_LOG", "error"), "the server")?;
    server.listens(address)?;
    Ok((server, format!("http://{address}/")))
}
