//! The rules and the client, as a module for the browser.

tickwire_bind::client!(tag_rules::Tag);
