//! The threads of the sockets that are in no room, and of crowds' writing: tokio's.
//!
//! In: the number of threads. Out: a runtime to serve on.

use tokio::runtime::{Builder, Runtime};

/// A runtime for [`crate::Server::serve`], with as many threads as the machine has cores unless told otherwise.
///
/// # Errors
/// When the system gives no thread.
pub fn runtime(threads: Option<usize>) -> std::io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads.max(1));
    }
    builder.thread_name("tickwire-io").enable_all().build()
}
