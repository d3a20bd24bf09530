//! How a connection ends, and where this is counted and logged.
//!
//! In: a decision of the reader, the writer, the room or the server. Out: one label for metrics, one line in the log.

use std::net::IpAddr;
use std::time::Instant;

use tickwire_shared::close::{CloseReason, Refusal};

use super::context::Net;
use super::frames::ReadError;

/// How a connection ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The server closes it for this reason.
    Refused(Refusal),
    /// The client sent a close frame.
    ClientClosed(Option<u16>),
    /// The stream ended or broke without a close frame.
    Lost,
}

impl End {
    /// A stable name for metrics and logs.
    fn label(&self) -> &'static str {
        match self {
            End::Refused(refusal) => refusal.reason.label(),
            End::ClientClosed(_) => "client_closed",
            End::Lost => "lost",
        }
    }

    /// The only place where a connection's end is counted and logged.
    // One line for each end, and no span around the tasks: entering one at every message costs more than the message.
    pub(super) fn note(&self, address: IpAddr, net: &Net) {
        let reason = self.label();
        net.metrics.socket_closed(reason);
        let Some(left_out) = net.ends.may_say(reason, Instant::now()) else {
            return;
        };
        match self {
            End::Refused(refusal) => {
                let words = refusal.close_words();
                tracing::info!(%address, reason, words, left_out, "closed");
            }
            End::ClientClosed(code) => {
                tracing::info!(%address, reason, code, left_out, "closed")
            }
            End::Lost => tracing::info!(%address, reason, left_out, "closed"),
        }
    }
}

impl From<ReadError> for End {
    fn from(error: ReadError) -> End {
        match error {
            ReadError::Refused(reason) => reason.into(),
            ReadError::Lost => End::Lost,
        }
    }
}

impl From<CloseReason> for End {
    fn from(reason: CloseReason) -> End {
        End::Refused(reason.into())
    }
}
