//! See [`tickwire_fuzz::server_message`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tickwire_fuzz::server_message(bytes));
