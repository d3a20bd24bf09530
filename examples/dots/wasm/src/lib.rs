//! The rules and the client, as a module for the browser.

tickwire_bind::client!(dots_rules::Dots);
