//! The rules and the client, as a module for the browser.

tickwire_bind::client!(swarm_rules::Swarm);
