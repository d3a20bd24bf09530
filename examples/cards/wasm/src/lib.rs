//! The rules and the client, as a module for the browser.

tickwire_bind::client!(cards_rules::Cards);
