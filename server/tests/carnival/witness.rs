//! What clients hear of who comes, goes and chats, compared with what one client hears that nothing ever happens to.
//!
//! The witness has the first place in the lab, no latency and no trouble, and comes back first after a restart. So within
//! a connection, from one roster to the next, all others hear a part of its list without gap, repetition or change.

use std::time::Duration;

use tickwire_shared::client::ClientEvent;
use tickwire_shared::message::RoomEvent;

use crate::rules::Throw;

type News = ClientEvent<u32, Throw>;

/// The witness's place among the lab's players.
pub(crate) const WITNESS: usize = 0;

/// What one connection heard.
struct Claim {
    client: usize,
    /// The length of the witness's list when the connection began.
    since: usize,
    /// What was heard, cut where the client was told the roster anew.
    parts: Vec<Vec<String>>,
    /// Until when nothing may be missing at the end.
    whole_until: Option<Duration>,
}

#[derive(Default)]
pub(crate) struct Witness {
    heard: Vec<(Duration, String)>,
    read: usize,
    claims: Vec<Claim>,
}

/// An event of the room itself that everybody hears, in words.
fn in_words(news: &News) -> Option<String> {
    match news {
        ClientEvent::Room(
            event @ (RoomEvent::Joined(_)
            | RoomEvent::Left(_)
            | RoomEvent::Away(..)
            | RoomEvent::Chat(..)),
        ) => Some(format!("{event:?}")),
        _ => None,
    }
}

impl Witness {
    /// Reads on in the witness's news.
    pub(crate) fn note(&mut self, now: Duration, news: &[News]) {
        let new = news[self.read..].iter().filter_map(in_words);
        self.heard.extend(new.map(|words| (now, words)));
        self.read = news.len();
    }

    /// Where the list ends now, for a connection that begins.
    pub(crate) fn mark(&self) -> usize {
        self.heard.len()
    }

    /// A connection that began at `since` is over. With `whole_until`, all that was said before then must have come.
    pub(crate) fn claim(
        &mut self,
        client: usize,
        since: usize,
        news: &[News],
        whole_until: Option<Duration>,
    ) {
        let mut parts = Vec::new();
        for news in news {
            match news {
                ClientEvent::Welcome { .. } => parts.clear(),
                ClientEvent::Roster(_) => parts.push(Vec::new()),
                news => {
                    if let (Some(part), Some(words)) = (parts.last_mut(), in_words(news)) {
                        part.push(words);
                    }
                }
            }
        }
        self.claims.push(Claim {
            client,
            since,
            parts,
            whole_until,
        });
    }

    /// Checks all claims, and gives the number of events that they hold.
    pub(crate) fn check(&self) -> usize {
        let mut events = 0;
        for claim in &self.claims {
            let mut from = claim.since;
            let last = claim.parts.len().saturating_sub(1);
            for (place, part) in claim.parts.iter().enumerate() {
                events += part.len();
                let rest = &self.heard[from.min(self.heard.len())..];
                let whole_until = claim.whole_until.filter(|_| place == last);
                let fits = |at: usize| {
                    let (heard, left) = rest[at..].split_at_checked(part.len())?;
                    let same = heard.iter().map(|heard| &heard.1).eq(part);
                    let missed = left.iter().take_while(|_| whole_until.is_some());
                    let missed = missed.filter(|left| Some(left.0) < whole_until);
                    (same && missed.count() == 0).then_some(at + part.len())
                };
                let end = (0..=rest.len()).find_map(fits);
                let Some(end) = end else {
                    panic!(
                        "client {} heard part {place} otherwise: {part:#?}",
                        claim.client
                    );
                };
                from += end;
            }
        }
        events
    }
}
