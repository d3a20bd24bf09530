//! A server's place: the address that it listens on, from whom it has it, and until when.
//!
//! In: flags. Out: a listening socket, bound here or taken over from the server before; and the end, which a signal or the
//! next server asks for.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use parking_lot::Mutex;
use tokio::net::TcpListener;

use crate::flags::Serve;
#[cfg(unix)]
use crate::takeover::{self, Offer, Predecessor, Successor};

/// A place to serve at.
pub(crate) struct Place {
    pub(crate) listener: TcpListener,
    #[cfg(unix)]
    predecessor: Option<Predecessor>,
}

impl Place {
    /// Binds the address, or takes the place of the server before.
    ///
    /// # Errors
    /// The address is in use, another server has the folder of rooms, or it does not hand over its place.
    pub(crate) async fn find(flags: &Serve) -> Result<Place> {
        #[cfg(unix)]
        if let Some(folder) = flags.rooms.clone() {
            if !flags.takeover {
                takeover::nobody_lives_in(&folder)?;
            } else if let Some((listener, predecessor)) =
                tokio::task::spawn_blocking(move || takeover::take(&folder)).await??
            {
                return Ok(Place {
                    listener: TcpListener::from_std(listener)?,
                    predecessor: Some(predecessor),
                });
            } else {
                tracing::info!("there is no server to take over from");
            }
        }
        #[cfg(not(unix))]
        if flags.takeover {
            bail!("--takeover is not there on this system");
        }
        Ok(Place {
            listener: bind(flags.listen).await?,
            #[cfg(unix)]
            predecessor: None,
        })
    }

    /// Waits until the server before has ended its rooms, if there was one.
    pub(crate) async fn wait_for_rooms(&mut self) {
        #[cfg(unix)]
        if let Some(predecessor) = self.predecessor.take() {
            let waited = tokio::task::spawn_blocking(move || predecessor.wait_for_rooms()).await;
            if waited.is_ok() {
                tracing::info!("took the place of the server before");
            }
        }
    }
}

async fn bind(listen: SocketAddr) -> Result<TcpListener> {
    match tickwire_server::listen(listen).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "port {} is in use: stop what listens there or pass another one with --listen {}:PORT",
            listen.port(),
            listen.ip()
        ),
        other => other.with_context(|| format!("cannot listen on {listen}")),
    }
}

/// Who asked for the end, if it was the next server.
#[derive(Clone, Default)]
pub(crate) struct Ended {
    #[cfg(unix)]
    successor: Arc<Mutex<Option<Successor>>>,
}

impl Ended {
    /// Says that the rooms are written down, to who waits for them. False if nobody does.
    pub(crate) fn rooms_are_kept(&self) -> bool {
        #[cfg(unix)]
        if let Some(successor) = self.successor.lock().take() {
            successor.tell_rooms_are_kept();
            return true;
        }
        false
    }
}

/// Ready when a person, the system or the next server asks for the end.
///
/// # Errors
/// The system has no such signals.
#[cfg(unix)]
pub(crate) fn end(
    flags: &Serve,
    place: &Place,
) -> Result<(impl Future<Output = ()> + use<>, Ended)> {
    use std::os::fd::AsFd;

    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let offer = flags.rooms.as_deref().map(|folder| {
        let listener = place.listener.as_fd().try_clone_to_owned()?;
        Offer::new(folder, listener)
    });
    // Such as a path too long for a socket, or a disk that has none.
    let offer = offer.and_then(|offer: Result<Offer>| {
        let failed = |error: &anyhow::Error| {
            tracing::warn!(
                error = format!("{error:#}"),
                "no other server can take our place with --takeover"
            );
        };
        offer.inspect_err(failed).ok()
    });
    let ended = Ended::default();
    let successor = ended.successor.clone();
    let end = async move {
        let taken = async {
            match &offer {
                Some(offer) => offer.taken().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            taken = taken => {
                tracing::info!("another server takes our place");
                *successor.lock() = Some(taken);
            }
        }
    };
    Ok((end, ended))
}

/// The same, where only a terminal can ask.
#[cfg(not(unix))]
pub(crate) fn end(_: &Serve, _: &Place) -> Result<(impl Future<Output = ()> + use<>, Ended)> {
    let end = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    Ok((end, Ended::default()))
}
