//! How a connection's reader is stopped when another task ends the connection.
//!
//! In: one call. Out: the reader's conversation is dropped at its next await. The reader looks at a flag, since it
//! looks at every message: polling a channel there would cost a cache miss.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};

use parking_lot::Mutex;

/// Stops one task.
#[derive(Debug, Default)]
pub(super) struct Stop {
    stopped: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl Stop {
    /// Stops the task from here on.
    pub(super) fn now(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        if let Some(task) = self.task.lock().take() {
            task.wake();
        }
    }

    /// What the future gives, or `None` if it is stopped first. For one task only.
    pub(super) async fn unless<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        // A task keeps its waker, so once is enough.
        let mut known = false;
        poll_fn(|cx| {
            if !known {
                *self.task.lock() = Some(cx.waker().clone());
                known = true;
            }
            if self.stopped.load(Ordering::SeqCst) {
                return Poll::Ready(None);
            }
            future.as_mut().poll(cx).map(Some)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_future_ends_by_itself_or_when_it_is_stopped_before_or_after_it_waits() {
        let stop = Arc::new(Stop::default());
        assert_eq!(stop.unless(std::future::ready(7)).await, Some(7));
        let waiting = tokio::spawn({
            let stop = stop.clone();
            async move { stop.unless(std::future::pending::<()>()).await }
        });
        while stop.task.lock().is_none() {
            tokio::task::yield_now().await;
        }
        stop.now();
        assert_eq!(waiting.await.unwrap(), None);
        assert_eq!(stop.unless(std::future::ready(7)).await, None);
    }
}
